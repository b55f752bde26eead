# SPDX-License-Identifier: MIT
# How every target of this project is compiled, and what a room is.

add_library(pyvent_flags INTERFACE)
target_compile_features(pyvent_flags INTERFACE cxx_std_20)
target_compile_definitions(pyvent_flags INTERFACE
    QT_NO_KEYWORDS QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_STRICT_ITERATORS
    QT_DISABLE_DEPRECATED_BEFORE=0x060400)
target_compile_options(pyvent_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wcast-align -Wformat=2 -Wno-missing-field-initializers
    $<$<BOOL:${PYVENT_WARNINGS_ARE_ERRORS}>:-Werror>)
if(CMAKE_UNITY_BUILD) # what such a source includes is a header for gcc, which warns of unnamed namespaces there
    target_compile_options(pyvent_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(PYVENT_SANITIZE)
    target_compile_options(pyvent_flags INTERFACE
        -fsanitize=${PYVENT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    target_link_options(pyvent_flags INTERFACE -fsanitize=${PYVENT_SANITIZE})
endif()

# libFuzzer is blind to what is not compiled for it, so the rooms are, too.
if(PYVENT_LIBFUZZER)
    target_compile_options(pyvent_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(pyvent_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# pyvent_compile_alone(<target> <source>...)
#
# Where CMAKE_UNITY_BUILD is on, sources are compiled several at a time, and must not have the same names. These are compiled
# by themselves.
function(pyvent_compile_alone target)
    set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

pyvent_precompiled_headers(core LIBRARIES pyvent_flags Qt6::Core HEADERS ${pyvent_core_headers})

# pyvent_room(<name> [MOC] SOURCES <file>... [ROOMS <name>...] [LIBRARIES <target>...])
#
# A room is one folder under src/: a static library that tests can link alone, and that sees only the rooms
# named in ROOMS. The shared library Pyvent is all rooms together. MOC is for one that has classes for Qt's moc. What is measured
# is compiled source by source.
function(pyvent_room name)
    cmake_parse_arguments(room "MOC" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
    add_library(pyvent_${name} STATIC ${room_SOURCES})
    set_target_properties(pyvent_${name} PROPERTIES AUTOMOC ${room_MOC} POSITION_INDEPENDENT_CODE ON)
    target_include_directories(pyvent_${name}
        PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/Pyvent ${PROJECT_SOURCE_DIR}/src)
    target_compile_definitions(pyvent_${name} PRIVATE PYVENT_BUILDING_LIBRARY)
    list(TRANSFORM room_ROOMS PREPEND pyvent_)
    target_link_libraries(pyvent_${name}
        PUBLIC Qt6::Core ${room_ROOMS} ${room_LIBRARIES}
        PRIVATE $<BUILD_INTERFACE:pyvent_flags>)
    pyvent_use_precompiled_headers(pyvent_${name} core)
endfunction()
