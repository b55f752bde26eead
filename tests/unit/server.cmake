# SPDX-License-Identifier: MIT
pyvent_unit_test(server server)
