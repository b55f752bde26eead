// SPDX-License-Identifier: MIT
#include "oracle.h"
#include "picklemutator.h"

#include "pickle/picklescanner.h"
#include "support/testprogram.h"

#include <QtCore/qendian.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

// What the scanner calls harmless, CPython loads without naming, calling or doing anything beyond the list. PYVENT_SEED repeats a run,
// PYVENT_ORACLE_COUNT changes how many values there are; thirty times as many mutations are made of their pickles.
class tst_PickleScannerOracle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void loadsWhatIsHarmless();
    void loadsMutationsThatAreHarmless();

private:
    void load(const QByteArray &pickle);

    quint32 m_seed = 0;
    int m_count = 0;
    int m_harmless = 0;
    int m_raised = 0;
    Oracle m_oracle;
    PickleScanner m_scanner;
    QByteArrayList m_pickles;
};

void tst_PickleScannerOracle::initTestCase()
{
    bool isGiven = false;
    m_seed = qEnvironmentVariable("PYVENT_SEED").toUInt(&isGiven);
    if (!isGiven)
        m_seed = QRandomGenerator::global()->generate();
    bool hasCount = false;
    m_count = qEnvironmentVariableIntValue("PYVENT_ORACLE_COUNT", &hasCount);
    if (!hasCount)
        m_count = 1000;
    qInfo("PYVENT_SEED=%u PYVENT_ORACLE_COUNT=%d", m_seed, m_count);
    QVERIFY2(m_oracle.start(SCANNER_ORACLE), qPrintable(m_oracle.errorText()));
    QCOMPARE(m_oracle.ask("l" + PickleAllowList::standardNames().join('\n')), ""_ba);
}

void tst_PickleScannerOracle::load(const QByteArray &pickle)
{
    if (!m_scanner.scan(pickle).isHarmless())
        return;
    ++m_harmless;
    const QByteArray answer = m_oracle.ask("s" + pickle);
    QVERIFY2(!answer.isNull(), "Python did not survive " + pickle.toHex());
    QVERIFY2(answer.isEmpty() || answer.startsWith('!'), answer + ": " + pickle.toHex());
    m_raised += answer.startsWith('!');
}

void tst_PickleScannerOracle::loadsWhatIsHarmless()
{
    for (int index = 0; index < m_count; ++index) {
        const QList<QByteArray> pickles = m_oracle.makePickles(m_seed, index);
        QVERIFY2(pickles.size() >= 5, QByteArray::number(index));
        for (const QByteArray &pickle : pickles) {
            load(pickle);
            if (QTest::currentTestFailed())
                return;
        }
        if (m_pickles.size() < 2000)
            m_pickles += pickles;
    }
    QVERIFY(m_harmless > m_count);
    QCOMPARE(m_raised, 0);
    qInfo("%d pickles of %d values are harmless", m_harmless, m_count);
}

void tst_PickleScannerOracle::loadsMutationsThatAreHarmless()
{
    PickleMutator mutator(m_seed);
    for (const QByteArray &pickle : std::as_const(m_pickles)) {
        if (pickle.size() < 2000)
            mutator.addSample(pickle);
    }
    for (const char kind : {'v', 'h'}) {
        const QByteArray answer = m_oracle.ask(QByteArray(1, kind));
        for (qsizetype at = 0; at < answer.size();) {
            const qsizetype end = answer.indexOf('\n', at);
            const qsizetype size = qFromLittleEndian<quint32>(answer.constData() + end + 1);
            if (size < 2000)
                mutator.addSample(answer.mid(end + 5, size));
            at = end + 5 + size;
        }
    }
    QVERIFY(mutator.hasSamples());
    m_harmless = 0;
    m_raised = 0;
    for (int i = 0; i < 30 * m_count; ++i) {
        load(mutator.make());
        if (QTest::currentTestFailed())
            return;
    }
    QVERIFY(m_harmless > m_count);
    qInfo("%d mutations of %d are harmless, of which CPython raises an exception on %d", m_harmless, 30 * m_count,
          m_raised);
}

PYVENT_TEST(tst_PickleScannerOracle)
#include "tst_picklescanneroracle.moc"
