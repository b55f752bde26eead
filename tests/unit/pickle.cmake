# SPDX-License-Identifier: MIT
find_package(Qt6 6.4 QUIET COMPONENTS Gui)

pyvent_unit_test(pickle picklereader)
pyvent_unit_test(pickle pickletext)
pyvent_unit_test(pickle picklewriter)
pyvent_unit_test(pickle pyventvalues)
pyvent_unit_test(pickle qtvalues)
if(TARGET Qt6::Gui) # whose types the room itself must not know
    target_link_libraries(tst_qtvalues PRIVATE Qt6::Gui)
endif()

pyvent_unit_test(pickle pickleoracle)
target_sources(tst_pickleoracle PRIVATE
    unit/pickle/oracle.cpp unit/pickle/oracle.h
    unit/pickle/randomvalue.cpp unit/pickle/randomvalue.h)
target_compile_definitions(tst_pickleoracle PRIVATE
    PYTHON="${PYVENT_PYTHON}"
    ORACLE="${CMAKE_CURRENT_LIST_DIR}/pickle/oracle.py")
# The same values each time; the program alone takes a seed of its own, and prints it.
set_tests_properties(unit.pickle.pickleoracle PROPERTIES ENVIRONMENT PYVENT_SEED=1)
