# SPDX-License-Identifier: MIT
pyvent_unit_test(text abouttext)
pyvent_unit_test(text jsonvalue)
pyvent_unit_test(text linereader)
pyvent_unit_test(text pythontext ALONE)

pyvent_unit_test(text codewriter ALONE)
target_sources(tst_text PRIVATE unit/text/codesamples.cpp unit/text/codesamples.inc)
set_source_files_properties(unit/text/codesamples.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON) # has other flags
target_compile_definitions(tst_text PRIVATE
    PYTHON="${PYVENT_PYTHON}"
    CODE_SAMPLES="${CMAKE_CURRENT_LIST_DIR}/text/codesamples.inc")
