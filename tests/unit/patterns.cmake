# SPDX-License-Identifier: MIT
# What stands on top of a node is tested through the library, as its users see it.

pyvent_test_program(tst_patterns LIBRARIES Pyvent::Pyvent)
add_dependencies(pyvent_unit_tests tst_patterns)
function(pyvent_pattern_test name)
    pyvent_test(unit.patterns.${name} tst_patterns unit/patterns/tst_${name}.cpp LABELS unit patterns TIMEOUT 300)
endfunction()

pyvent_pattern_test(testbus)
