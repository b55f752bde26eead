# SPDX-License-Identifier: MIT
pyvent_unit_test(pickle argumentlist)
pyvent_unit_test(pickle expansion)
pyvent_unit_test(pickle picklereader)
pyvent_unit_test(pickle picklescanner)
pyvent_unit_test(pickle pickletext)
pyvent_unit_test(pickle picklewriter ALONE)

pyvent_unit_test(pickle pickleoracle)
pyvent_unit_test(pickle picklescanneroracle)
target_sources(tst_pickle PRIVATE
    unit/pickle/oracle.cpp unit/pickle/oracle.h
    unit/pickle/picklemutator.cpp unit/pickle/picklemutator.h
    unit/pickle/randomvalue.cpp unit/pickle/randomvalue.h)
target_compile_definitions(tst_pickle PRIVATE
    PYTHON="${PYVENT_PYTHON}"
    ORACLE="${CMAKE_CURRENT_LIST_DIR}/pickle/oracle.py"
    SCANNER_ORACLE="${CMAKE_CURRENT_LIST_DIR}/pickle/scanneroracle.py")
# The same values each time; the program alone takes a seed of its own, and prints it.
set_tests_properties(unit.pickle.pickleoracle unit.pickle.picklescanneroracle PROPERTIES ENVIRONMENT PYVENT_SEED=1)
