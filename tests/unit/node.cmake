# SPDX-License-Identifier: MIT
# The node is tested through the library, as its users see it.

function(pyvent_node_test name)
    add_executable(tst_${name} unit/node/tst_${name}.cpp)
    set_target_properties(tst_${name} PROPERTIES AUTOMOC ON)
    target_include_directories(tst_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(tst_${name} PRIVATE pyvent_flags Pyvent::Pyvent Qt6::Test)
    add_test(NAME unit.node.${name} COMMAND tst_${name})
    set_tests_properties(unit.node.${name} PROPERTIES TIMEOUT 120 LABELS "unit;node")
endfunction()

# What has no face of its own is tested in its room.
pyvent_unit_test(node answering)
pyvent_unit_test(node presence)
pyvent_unit_test(node recentevents)
pyvent_unit_test(node unreadableframes)

pyvent_node_test(hearing)
pyvent_node_test(sending)
pyvent_node_test(unheard)
pyvent_node_test(lifecycle)
pyvent_node_test(replaying)
pyvent_node_test(waiting)
pyvent_node_test(reentrancy)
