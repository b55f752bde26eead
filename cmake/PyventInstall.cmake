# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: the library, its headers, its CMake package and its documents.

option(PYVENT_INSTALL "Have the install target install Pyvent" ${PROJECT_IS_TOP_LEVEL})
if(NOT PYVENT_INSTALL)
    return()
endif()

include(CMakePackageConfigHelpers)
set(pyvent_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Pyvent)
set(PYVENT_QML_INSTALL_DIR ${CMAKE_INSTALL_LIBDIR}/qt6/qml CACHE STRING
    "Where QML modules are installed, below the prefix or absolute; the module goes into its folder Pyvent")

install(TARGETS Pyvent EXPORT PyventTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/Pyvent/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/Pyvent)

# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/PyventConfigVersion.cmake COMPATIBILITY SameMinorVersion)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/PyventConfig.cmake.in ${PROJECT_BINARY_DIR}/PyventConfig.cmake
    INSTALL_DESTINATION ${pyvent_package_dir}
    PATH_VARS PYVENT_QML_INSTALL_DIR
    NO_SET_AND_CHECK_MACRO)
install(FILES ${PROJECT_BINARY_DIR}/PyventConfig.cmake ${PROJECT_BINARY_DIR}/PyventConfigVersion.cmake
    DESTINATION ${pyvent_package_dir})
install(EXPORT PyventTargets NAMESPACE Pyvent:: DESTINATION ${pyvent_package_dir})

foreach(document IN ITEMS README.md CHANGELOG.md LICENSE src/wire/PROTOCOL.md src/security/RULES.md)
    install(FILES ${PROJECT_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DOCDIR})
endforeach()
