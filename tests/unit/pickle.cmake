# SPDX-License-Identifier: MIT
pyvent_unit_test(pickle picklereader)
pyvent_unit_test(pickle pickletext)
pyvent_unit_test(pickle picklewriter)
pyvent_unit_test(pickle pyventvalues)

# Apart, because it needs Qt Gui, whose types the room itself must not know.
find_package(Qt6 6.4 QUIET COMPONENTS Gui)
pyvent_test_program(tst_qtvalues PRECOMPILED NONE LIBRARIES pyvent_pickle $<TARGET_NAME_IF_EXISTS:Qt6::Gui>)
add_dependencies(pyvent_unit_tests tst_qtvalues)
pyvent_test(unit.pickle.qtvalues tst_qtvalues unit/pickle/tst_qtvalues.cpp LABELS unit pickle TIMEOUT 120)

pyvent_unit_test(pickle pickleoracle)
target_sources(tst_pickle PRIVATE
    unit/pickle/oracle.cpp unit/pickle/oracle.h
    unit/pickle/randomvalue.cpp unit/pickle/randomvalue.h)
target_compile_definitions(tst_pickle PRIVATE
    PYTHON="${PYVENT_PYTHON}"
    ORACLE="${CMAKE_CURRENT_LIST_DIR}/pickle/oracle.py")
# The same values each time; the program alone takes a seed of its own, and prints it.
set_tests_properties(unit.pickle.pickleoracle PROPERTIES ENVIRONMENT PYVENT_SEED=1)
