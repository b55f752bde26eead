# SPDX-License-Identifier: MIT
foreach(name busconnection endpoint lanefolder laneconnection pollset sealedfile sendqueue sharedcontext subscriptionproof zmqconnection zmqconnectionbatch zmqconnectionproof zmqsocket)
    pyvent_unit_test(transport ${name})
endforeach()
