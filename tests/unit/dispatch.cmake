# SPDX-License-Identifier: MIT
pyvent_unit_test(dispatch name)
pyvent_unit_test(dispatch receivertable)
pyvent_unit_test(dispatch delivery)
pyvent_unit_test(dispatch receiver)
pyvent_unit_test(dispatch functionreceiver)
pyvent_unit_test(dispatch binding)
pyvent_unit_test(dispatch bindinghandlers)
pyvent_unit_test(dispatch slotcallback)
