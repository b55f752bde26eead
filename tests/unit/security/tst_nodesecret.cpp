// SPDX-License-Identifier: MIT
#include "security/nodesecret.h"
#include "support/testprogram.h"

#include <QtCore/qset.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

class TestNodeSecret : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void provesItsOwnNodes();
    void provesNoOtherNode();
    void everyBitCounts();
    void isRead();
    void sameBytesSameNodes();
};

void TestNodeSecret::provesItsOwnNodes()
{
    const NodeSecret secret;
    QSet<QUuid> nodes;
    for (const quint32 index : {0u, 1u, 2u, 77u, 0xFFFF'FFFFu}) {
        const QUuid node = secret.node(index);
        QVERIFY(NodeSecret::needsProof(node));
        QVERIFY(secret.isOf(node));
        nodes.insert(node);
    }
    QCOMPARE(nodes.size(), 5);
}

void TestNodeSecret::provesNoOtherNode()
{
    const NodeSecret secret;
    QVERIFY(!secret.isOf(NodeSecret().node(1)));
    const QUuid random = QUuid::createUuid();
    QVERIFY(!NodeSecret::needsProof(random));
    QVERIFY(!secret.isOf(random));
    QVERIFY(!secret.isOf(QUuid()));
}

void TestNodeSecret::everyBitCounts()
{
    const NodeSecret secret;
    const QByteArray bytes = secret.node(7).toRfc4122();
    for (qsizetype bit = 0; bit < 8 * bytes.size(); ++bit) {
        QByteArray other = bytes;
        other[bit / 8] = char(other[bit / 8] ^ (1 << bit % 8));
        QVERIFY2(!secret.isOf(QUuid::fromRfc4122(other)), qPrintable(QString::number(bit)));
    }
}

void TestNodeSecret::isRead()
{
    const NodeSecret secret;
    QCOMPARE(secret.bytes().size(), NodeSecret::size);
    const auto read = NodeSecret::read(secret.bytes());
    QVERIFY(read);
    QVERIFY(read->isOf(secret.node(3)));
    QVERIFY(!NodeSecret::read({}));
    QVERIFY(!NodeSecret::read(secret.bytes().chopped(1)));
    QVERIFY(!NodeSecret::read(secret.bytes() + 'x'));
}

// Of other builds and versions, too: PROTOCOL.md has the same example.
void TestNodeSecret::sameBytesSameNodes()
{
    const auto secret = NodeSecret::read(QByteArray(32, 'k'));
    QVERIFY(secret);
    QCOMPARE(secret->node(1).toString(QUuid::WithoutBraces), QStringLiteral("00000001-82cd-82b4-aa10-c997affa3f6e"));
}

PYVENT_TEST(TestNodeSecret)

#include "tst_nodesecret.moc"
