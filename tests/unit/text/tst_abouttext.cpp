// SPDX-License-Identifier: MIT
#include "abouttext.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

class TestAboutText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void saysWhatANodeSays_data()
    {
        QTest::addColumn<QVariantMap>("about");
        QTest::addColumn<QString>("text");
        const QVariantMap bridge = {
            {u"bus"_s, u"harbour"_s}, {u"link"_s, u"nats:house"_s}, {u"engine"_s, u"nats://a:4222"_s}};
        const auto with = [&](std::initializer_list<std::pair<QString, QVariant>> more) {
            QVariantMap map = bridge;
            map.insert(QVariantMap(more));
            return QVariantMap{{u"bridge"_s, map}};
        };
        const QString begin = u"bridge of 'harbour' to nats:house at nats://a:4222: "_s;
        QTest::newRow("nothing") << QVariantMap() << QString();
        QTest::newRow("anything") << QVariantMap{{u"version"_s, u"1.2"_s}, {u"n"_s, 3}} << u"n=3 version='1.2'"_s;
        QTest::newRow("works") << with({{u"up"_s, true}, {u"active"_s, true}}) << begin + u"works"_s;
        QTest::newRow("stands by") << with({{u"up"_s, true}}) << begin + u"stands by"_s;
        QTest::newRow("waits") << with({{u"waiting"_s, 12}, {u"age"_s, 3000}})
                               << begin + u"does not reach it, 12 events wait, the oldest for 3.0 s"_s;
        QTest::newRow("hostile") << QVariantMap{{u"bridge"_s, QVariantMap{{u"bus"_s, u"\x1b[31m\n"_s}}}}
                                 << u"bridge of '\\x1b[31m\\n' to  at : does not reach it"_s;
        QTest::newRow("no map") << QVariantMap{{u"bridge"_s, 7}} << QString();
    }
    void saysWhatANodeSays()
    {
        QFETCH(const QVariantMap, about);
        QFETCH(const QString, text);
        PyventNodeInfo node;
        node.about = about;
        QCOMPARE(aboutText(node), text);
    }
};

PYVENT_TEST(TestAboutText)
#include "tst_abouttext.moc"
