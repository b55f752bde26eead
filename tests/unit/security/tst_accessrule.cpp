// SPDX-License-Identifier: MIT
#include "security/accessrule.h"

#include "security/users.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

constexpr uid_t own = 1000;
constexpr uid_t friendly = 1001;
constexpr uid_t stranger = 1002;

} // namespace

class TestAccessRule : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void allows_data();
    void allows();
    void remembersAUserForAWhile();
    void knowsUsersAndGroups();
    void saysWhatIsUnknown();
};

void TestAccessRule::allows_data()
{
    QTest::addColumn<PyventLocalAccess>("access");
    QTest::addColumn<bool>("ofGroup"); // the friendly user is in the group "daemon"
    QTest::addColumn<bool>("itself");
    QTest::addColumn<bool>("root");
    QTest::addColumn<bool>("named");
    QTest::addColumn<bool>("other");
    QTest::newRow("own user") << PyventLocalAccess() << true << true << true << false << false;
    QTest::newRow("group") << PyventLocalAccess::group(u"daemon"_s) << true << true << true << true << false;
    QTest::newRow("not in the group") << PyventLocalAccess::group(u"daemon"_s) << false << true << true << false
                                      << false;
    QTest::newRow("no such group") << PyventLocalAccess::group(u"no-such-group"_s) << true << true << true << false
                                   << false;
    QTest::newRow("no such user") << PyventLocalAccess::users({u"no-such-user"_s}) << true << true << true << false
                                  << false;
    QTest::newRow("everyone") << PyventLocalAccess::everyone() << false << true << true << true << true;
}

void TestAccessRule::allows()
{
    QFETCH(const PyventLocalAccess, access);
    QFETCH(const bool, ofGroup);
    QFETCH(const bool, itself);
    QFETCH(const bool, root);
    QFETCH(const bool, named);
    QFETCH(const bool, other);
    const gid_t daemon = *groupOf(u"daemon"_s);
    AccessRule rule(access, own, [&](uid_t user) {
        return user == friendly && ofGroup ? std::vector<gid_t>{5000, daemon} : std::vector<gid_t>{5000};
    });
    QCOMPARE(rule.allows(own), itself);
    QCOMPARE(rule.allows(0), root);
    QCOMPARE(rule.allows(friendly), named);
    QCOMPARE(rule.allows(stranger), other);
}

void TestAccessRule::remembersAUserForAWhile()
{
    int asked = 0;
    bool isMember = false;
    const gid_t daemon = *groupOf(u"daemon"_s);
    AccessRule rule(PyventLocalAccess::group(u"daemon"_s), own, [&](uid_t) {
        ++asked;
        return std::vector<gid_t>{isMember ? daemon : gid_t(5000)};
    });
    const auto now = AccessRule::Clock::now();
    for (int i = 0; i < 5; ++i)
        QVERIFY(!rule.allows(stranger, now));
    QCOMPARE(asked, 1);
    isMember = true;
    QVERIFY(!rule.allows(stranger, now + std::chrono::seconds(5)));
    QVERIFY(rule.allows(stranger, now + std::chrono::seconds(15)));
    QCOMPARE(asked, 2);
}

void TestAccessRule::knowsUsersAndGroups()
{
    QCOMPARE(userOf(u"root"_s), std::optional<uid_t>(0));
    QVERIFY(!userOf(u"no-such-user"_s));
    QVERIFY(!groupOf(u"no-such-group"_s));
    QCOMPARE(describeUser(0), u"root (0)"_s);
    QCOMPARE(describeUser(123'456'789), u"123456789"_s);
    const auto user = userOf(u"daemon"_s);
    QVERIFY(user);
    const std::vector<gid_t> groups = groupsOf(*user);
    QVERIFY(std::find(groups.begin(), groups.end(), *groupOf(u"daemon"_s)) != groups.end());
    QVERIFY(groupsOf(123'456'789).empty());
    AccessRule rule(PyventLocalAccess::users({u"daemon"_s, u"root"_s}), own, groupsOf);
    QVERIFY(rule.allows(*user));
    QVERIFY(!rule.allows(stranger));
    QCOMPARE(rule.named(), std::vector<uid_t>{*user});
}

void TestAccessRule::saysWhatIsUnknown()
{
    QCOMPARE(whyNotAnAccess({}), QString());
    QCOMPARE(whyNotAnAccess(PyventLocalAccess::everyone()), QString());
    QCOMPARE(whyNotAnAccess(PyventLocalAccess::users({u"root"_s})), QString());
    QVERIFY(whyNotAnAccess(PyventLocalAccess::users({u"root"_s, u"no-such-user"_s})).contains(u"no-such-user"));
    QVERIFY(whyNotAnAccess(PyventLocalAccess::group(u"no-such-group"_s)).contains(u"no-such-group"));
}

PYVENT_TEST(TestAccessRule)

#include "tst_accessrule.moc"
