# SPDX-License-Identifier: MIT
pyvent_unit_test(asking asker)
pyvent_unit_test(asking answerer)
pyvent_unit_test(asking replyaddress)
pyvent_unit_test(asking waitingaskers)
