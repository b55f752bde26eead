# SPDX-License-Identifier: MIT
pyvent_unit_test(pickle argumentlist)
pyvent_unit_test(pickle picklereader)
pyvent_unit_test(pickle pickletext)
pyvent_unit_test(pickle picklewriter ALONE)

pyvent_unit_test(pickle pickleoracle)
target_sources(tst_pickle PRIVATE
    unit/pickle/oracle.cpp unit/pickle/oracle.h
    unit/pickle/randomvalue.cpp unit/pickle/randomvalue.h)
target_compile_definitions(tst_pickle PRIVATE
    PYTHON="${PYVENT_PYTHON}"
    ORACLE="${CMAKE_CURRENT_LIST_DIR}/pickle/oracle.py")
# The same values each time; the program alone takes a seed of its own, and prints it.
set_tests_properties(unit.pickle.pickleoracle PROPERTIES ENVIRONMENT PYVENT_SEED=1)
