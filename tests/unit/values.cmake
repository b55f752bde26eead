# SPDX-License-Identifier: MIT
pyvent_unit_test(values pyventvalues)

# Apart, because it needs Qt Gui, whose types the room itself must not know.
find_package(Qt6 6.4 QUIET COMPONENTS Gui)
pyvent_test_program(tst_qtvalues PRECOMPILED NONE LIBRARIES pyvent_values $<TARGET_NAME_IF_EXISTS:Qt6::Gui>)
add_dependencies(pyvent_unit_tests tst_qtvalues)
pyvent_test(unit.values.qtvalues tst_qtvalues unit/values/tst_qtvalues.cpp LABELS unit values TIMEOUT 300)
