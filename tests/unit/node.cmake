# SPDX-License-Identifier: MIT
# The node is tested through the library, as its users see it.

pyvent_test_program(tst_library LIBRARIES Pyvent::Pyvent)
add_dependencies(pyvent_unit_tests tst_library)
function(pyvent_node_test name)
    pyvent_test(unit.node.${name} tst_library unit/node/tst_${name}.cpp LABELS unit node TIMEOUT 300)
endfunction()

pyvent_node_test(asking)
pyvent_node_test(forwarding)
pyvent_node_test(hearing)
pyvent_node_test(latest)
pyvent_node_test(security)
pyvent_node_test(sending)
pyvent_node_test(unheard)
pyvent_node_test(lifecycle)
pyvent_node_test(nodemodel)
pyvent_node_test(replaying)
pyvent_node_test(waiting)
pyvent_node_test(reentrancy)
pyvent_node_test(standby)
target_include_directories(tst_library PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_sources(tst_library PRIVATE support/waituntil.cpp support/waituntil.h)
