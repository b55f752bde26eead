# SPDX-License-Identifier: MIT
foreach(name address pollset sendqueue zmqsocket busclient busclientbatch busclientproof sharedcontext)
    pyvent_unit_test(transport ${name})
endforeach()
