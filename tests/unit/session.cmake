# SPDX-License-Identifier: MIT
pyvent_unit_test(session answering ALONE)
pyvent_unit_test(session link)
pyvent_unit_test(session origins)
pyvent_unit_test(session presence)
pyvent_unit_test(session recentevents)
pyvent_unit_test(session serverwatch ALONE)
pyvent_unit_test(session spareevents)
pyvent_unit_test(session unreadableframes)
