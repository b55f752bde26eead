# SPDX-License-Identifier: MIT
pyvent_unit_test(delivery askers)
pyvent_unit_test(delivery losscounter)
pyvent_unit_test(delivery ratelimit ALONE)
pyvent_unit_test(delivery receivewindow ALONE)
pyvent_unit_test(delivery recovery)
pyvent_unit_test(delivery catchup)
pyvent_unit_test(delivery transmitwindow)
pyvent_unit_test(delivery hybridclock)
