# SPDX-License-Identifier: MIT
foreach(name endpoint filepool lanefolder pollset sealedfile sendqueue sharedcontext subscriptionproof threadload)
    pyvent_unit_test(transport ${name})
endforeach()
# They play servers, and give the same things the same names.
foreach(name busconnection laneconnection zmqconnection zmqconnectionbatch zmqconnectionproof zmqsocket)
    pyvent_unit_test(transport ${name} ALONE)
endforeach()
