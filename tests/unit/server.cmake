# SPDX-License-Identifier: MIT
pyvent_unit_test(server server)
target_include_directories(tst_server PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
