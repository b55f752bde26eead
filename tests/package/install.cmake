# SPDX-License-Identifier: MIT
# cmake -DBUILD=<build folder> -DPREFIX=<folder> [-DCONFIG=<configuration>] -P install.cmake
# Installs anew, so that nothing of an earlier run is taken for part of the package.

file(REMOVE_RECURSE ${PREFIX})
if(CONFIG)
    set(configuration --config ${CONFIG})
endif()
execute_process(
    COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} ${configuration}
    COMMAND_ERROR_IS_FATAL ANY)
