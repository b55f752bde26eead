# SPDX-License-Identifier: MIT
foreach(name address pollset sendqueue zmqsocket busclient busclientbatch busclientproof sharedcontext)
    pyvent_unit_test(transport ${name})
    target_include_directories(tst_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
endforeach()
