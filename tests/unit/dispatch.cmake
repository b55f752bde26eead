# SPDX-License-Identifier: MIT
pyvent_unit_test(dispatch name)
pyvent_unit_test(dispatch newestevents)
pyvent_unit_test(dispatch pyventpattern ALONE)
pyvent_unit_test(dispatch receivertable)
pyvent_unit_test(dispatch fanout ALONE)
pyvent_unit_test(dispatch receiver ALONE)
pyvent_unit_test(dispatch functionreceiver)
pyvent_unit_test(dispatch binding)
pyvent_unit_test(dispatch bindinghandlers)
pyvent_unit_test(dispatch typedgadgets ALONE)
pyvent_unit_test(dispatch typedvalues ALONE)
pyvent_unit_test(dispatch slotcallback)
pyvent_unit_test(dispatch staleness)

# The room knows no pickle; its tests take values as they come from one.
target_link_libraries(tst_dispatch PRIVATE pyvent_pickle)
