# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by examples/run and tests/run: makes sure that what they need is installed.

# What every build needs, as Debian 12 calls it.
# shellcheck disable=SC2034
pyvent_build_packages=(g++ cmake ninja-build ccache pkg-config qt6-base-dev libzmq3-dev cppzmq-dev
    libsodium-dev)

# What the QML module, its tests and the examples that use it need on top: Qt Qml, what a QML program imports, Qt's own
# runtime for QML, and qmllint.
# shellcheck disable=SC2034
pyvent_qml_packages=(qt6-declarative-dev qt6-declarative-dev-tools qml-qt6 qml6-module-qtqml qml6-module-qtqml-models
    qml6-module-qtqml-workerscript qml6-module-qtquick qml6-module-qtquick-window qml6-module-qttest
    qml6-module-qtquick-controls qml6-module-qtquick-templates qml6-module-qtquick-layouts libgl-dev)

# What the bridge to NATS and MQTT needs on top. Debian's packages of the two servers start none where there is no systemd; tests
# start their own.
# shellcheck disable=SC2034
pyvent_bridge_packages=(libnats-dev libmosquitto-dev libqt6sql6-sqlite)

# The same sources in another folder, such as CI's fresh clone, need not be compiled again.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true

# The compiler itself says what it read: a file that ccache does not know need not be preprocessed first.
export CCACHE_DEPEND=true

# ccache takes precompiled headers only if it may ignore macros that they do not look at.
export CCACHE_SLOPPINESS=pch_defines,time_macros

# A bare system has the locale "C", which Qt warns about at each start of a program.
export LC_ALL=C.UTF-8

pyvent_is_debian_12() {
    # shellcheck source=/dev/null
    [ -r /etc/os-release ] && [ "$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")" = "debian 12" ]
}

# pyvent_need PACKAGE…
#
# On Debian 12: installs those that are missing, as root or with a sudo that asks nothing. Elsewhere: says what is
# needed, and goes on if it seems to be there. Otherwise it stops the script.
pyvent_need() {
    if pyvent_is_debian_12; then
        pyvent_install_missing "$@"
    else
        pyvent_check_tools "$@"
    fi
}

pyvent_install_missing() {
    local package missing=() as_root=()
    for package in "$@"; do
        [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    if [ "$(id -u)" != 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "These Debian packages are missing: ${missing[*]}" >&2
            echo "Installing them takes root, or sudo without a password. As root, run this, then start again:" >&2
            echo "    apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo -n)
    fi
    echo "Installing ${missing[*]}"
    # Both wait for another apt-get that a new machine may still be running.
    as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    "${as_root[@]}" update </dev/null
    "${as_root[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

pyvent_check_tools() {
    local package missing=()
    cat >&2 <<EOF
This is not Debian 12, so nothing is installed for you. Needed are: a C++20 compiler, CMake 3.25 or later, Ninja,
pkg-config, Qt 6.4 or later (Core; for the tests also Test, Gui, Widgets, Qml and Quick), ZeroMQ (libzmq 4.3 or later,
with headers), cppzmq (zmq.hpp) and libsodium (with headers); for the tests also Python 3.9 or later with pyzmq, PyDispatcher and NumPy, and
Google Benchmark.
Debian 12 calls them: $*
EOF
    for package in "$@"; do
        pyvent_has "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        echo "Not found here: ${missing[*]}. Install these and start again." >&2
        exit 1
    fi
    echo "All of it seems to be here: going on." >&2
}

# pyvent_has PACKAGE: whether what Debian's package holds is here, however it came. What CMake finds better, or what
# the build does without, is left to CMake.
pyvent_has() {
    case $1 in
    g++) command -v "${CXX:-c++}" ;;
    cmake) command -v cmake ;;
    ninja-build) command -v ninja ;;
    pkg-config) command -v pkg-config ;;
    qt6-base-dev)
        [ -n "${CMAKE_PREFIX_PATH:-}${Qt6_DIR:-}" ] || pkg-config --atleast-version=6.4 Qt6Core ||
            command -v qtpaths6 || command -v qmake6
        ;;
    libzmq3-dev) pkg-config --atleast-version=4.3 libzmq ;;
    libsodium-dev) pkg-config --exists libsodium ;;
    cppzmq-dev)
        [ -n "${CMAKE_PREFIX_PATH:-}" ] || echo '#include <zmq.hpp>' | "${CXX:-c++}" -x c++ -fsyntax-only -
        ;;
    qt6-declarative-dev)
        [ -n "${CMAKE_PREFIX_PATH:-}${Qt6_DIR:-}" ] || pkg-config --atleast-version=6.4 Qt6Qml ||
            command -v qtpaths6 || command -v qmake6
        ;;
    python3) command -v python3 ;;
    python3-zmq) python3 -c 'import zmq' ;;
    python3-pydispatch) python3 -c 'import pydispatch' ;;
    python3-numpy) python3 -c 'import numpy' ;;
    *) true ;;
    esac >/dev/null 2>&1
}
