# SPDX-License-Identifier: MIT
pyvent_unit_test(security accessrule)
pyvent_unit_test(security nodesecret)
pyvent_unit_test(security globcover)
pyvent_unit_test(security peerrules)
pyvent_unit_test(security rules)
pyvent_unit_test(security rulescheck)
pyvent_unit_test(security rulesfile)
pyvent_unit_test(security socketowner)
