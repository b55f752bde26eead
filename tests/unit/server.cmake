# SPDX-License-Identifier: MIT
pyvent_unit_test(server server)
pyvent_unit_test(server relay)
