# SPDX-License-Identifier: MIT
pyvent_unit_test(server server)
pyvent_unit_test(server relay)
pyvent_unit_test(server subscriptionindex)
pyvent_unit_test(server framereader)
pyvent_unit_test(server zmtppeer)
pyvent_unit_test(server doors)
target_sources(tst_server PRIVATE support/rawconnection.cpp)
