# SPDX-License-Identifier: MIT
pyvent_unit_test(wire batch)
pyvent_unit_test(wire control)
pyvent_unit_test(wire curve)
pyvent_unit_test(wire frame)
pyvent_unit_test(wire lane)
pyvent_unit_test(wire topic)
pyvent_unit_test(wire z85)
pyvent_unit_test(wire zmtp)
