# SPDX-License-Identifier: MIT
# Precompiled headers: what most files include of Qt and the standard library is parsed once for each set of flags, which
# saves half of the time of a build. Every file includes what it uses all the same; PYVENT_PCH=OFF, as in the preset asan,
# shows it.

option(PYVENT_PCH "Parse the headers of Qt and of the standard library once, not for each file" ${PROJECT_IS_TOP_LEVEL})

set(pyvent_standard_headers
    <algorithm> <array> <atomic> <chrono> <cmath> <deque> <functional> <limits> <memory> <mutex> <optional> <string> <thread>
    <tuple> <utility> <vector>)
set(pyvent_core_headers ${pyvent_standard_headers}
    <QtCore/qcoreapplication.h> <QtCore/qdatetime.h> <QtCore/qdebug.h> <QtCore/qfuture.h> <QtCore/qhash.h>
    <QtCore/qjsonarray.h> <QtCore/qjsondocument.h> <QtCore/qjsonobject.h> <QtCore/qloggingcategory.h> <QtCore/qpromise.h>
    <QtCore/qset.h> <QtCore/qthread.h> <QtCore/qtimer.h> <QtCore/quuid.h> <QtCore/qvariant.h>)
set(pyvent_widgets_headers
    <QtCore/qabstractitemmodel.h> <QtCore/qlocale.h> <QtCore/qsettings.h> <QtGui/qaction.h> <QtGui/qevent.h>
    <QtGui/qguiapplication.h> <QtGui/qpainter.h> <QtWidgets/qapplication.h> <QtWidgets/qboxlayout.h>
    <QtWidgets/qheaderview.h> <QtWidgets/qlabel.h> <QtWidgets/qlineedit.h> <QtWidgets/qmainwindow.h>
    <QtWidgets/qtableview.h> <QtWidgets/qtoolbutton.h>)

# pyvent_precompiled_headers(<set> [LIBRARIES <target>...] HEADERS <header>...)
#
# Only headers of the system: those of this project change too often, and their folders would tell the clones apart for
# ccache.
function(pyvent_precompiled_headers set)
    cmake_parse_arguments(pch "" "" "LIBRARIES;HEADERS" ${ARGN})
    if(NOT PYVENT_PCH)
        return()
    endif()
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/pyvent_pch_${set}.cpp CONTENT "")
    add_library(pyvent_pch_${set} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/pyvent_pch_${set}.cpp)
    target_link_libraries(pyvent_pch_${set} PRIVATE ${pch_LIBRARIES})
    target_precompile_headers(pyvent_pch_${set} PRIVATE ${pch_HEADERS})
    pyvent_compile_for_ccache(pyvent_pch_${set})
endfunction()

# pyvent_use_precompiled_headers(<target> <set>)
function(pyvent_use_precompiled_headers target set)
    if(PYVENT_PCH)
        target_precompile_headers(${target} REUSE_FROM pyvent_pch_${set})
        pyvent_compile_for_ccache(${target})
    endif()
endfunction()

# ccache has to see in what the preprocessor writes that a precompiled header was used, and which.
function(pyvent_compile_for_ccache target)
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
