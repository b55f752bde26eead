// SPDX-License-Identifier: MIT
#include "oracle.h"
#include "randomvalue.h"

#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"
#include "pyventobject.h"
#include "support/testprogram.h"

#include <QtCore/qset.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

// The room against the real CPython, on generated values. PYVENT_SEED repeats a run, PYVENT_ORACLE_COUNT
// changes how many values there are.
class tst_PickleOracle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void pythonToQtAndBack();
    void qtToPythonAndBack();
    void pathsPrintAsInPython_data();
    void pathsPrintAsInPython();
    void mutations();

private:
    void mutate(QByteArray *pickle);
    void checkMutation(const QByteArray &pickle);

    quint32 m_seed = 0;
    int m_count = 0;
    Oracle m_oracle;
    PickleReader m_reader;
    QRandomGenerator m_random;
    QList<QByteArray> m_samples;
};

void tst_PickleOracle::initTestCase()
{
    bool isGiven = false;
    m_seed = qEnvironmentVariable("PYVENT_SEED").toUInt(&isGiven);
    if (!isGiven)
        m_seed = QRandomGenerator::global()->generate();
    bool hasCount = false;
    m_count = qEnvironmentVariableIntValue("PYVENT_ORACLE_COUNT", &hasCount);
    if (!hasCount)
        m_count = 1000;
    m_random.seed(m_seed);
    qInfo("PYVENT_SEED=%u PYVENT_ORACLE_COUNT=%d", m_seed, m_count);
    QVERIFY2(m_oracle.start(), qPrintable(m_oracle.errorText()));
}

void tst_PickleOracle::pythonToQtAndBack()
{
    for (int index = 0; index < m_count; ++index) {
        const QList<QByteArray> pickles = m_oracle.makePickles(m_seed, index);
        QVERIFY2(pickles.size() >= 5, QByteArray::number(index));
        QByteArray previous;
        for (int number = 0; number < int(pickles.size()); ++number) {
            const QByteArray &pickle = pickles[number];
            const QByteArray where =
                "value " + QByteArray::number(index) + ", pickle " + QByteArray::number(number) + ": " + pickle.toHex();
            QVERIFY2(m_reader.read(pickle), where + m_reader.error().text.toUtf8());
            QCOMPARE(m_reader.consumed(), pickle.size());
            const QVariant value = m_reader.toVariant();
            QVERIFY2(value.isValid(), where + m_reader.error().text.toUtf8());
            QByteArray written;
            PickleError error;
            QVERIFY2(writePickle(value, &written, &error), where + error.text.toUtf8());
            if (written == previous)
                continue;
            previous = written;
            const QByteArray difference = m_oracle.difference(number, written);
            QVERIFY2(!difference.isNull(), where);
            QVERIFY2(difference.isEmpty(), '\n' + difference.left(2000) + '\n' + where);
        }
        if (m_samples.size() < 400)
            m_samples.append(pickles[m_random.bounded(int(pickles.size()))]);
    }
}

void tst_PickleOracle::qtToPythonAndBack()
{
    const bool hasNumpy = !m_oracle.repr("cnumpy\nndarray\n.").startsWith('!');
    RandomValue random(m_seed, hasNumpy ? RandomValue::WithArrays : RandomValue::WithoutArrays);
    for (int index = 0; index < m_count; ++index) {
        const QVariant value = random.value(4);
        QByteArray written;
        PickleError error;
        QVERIFY2(writePickle(value, &written, &error), qPrintable(error.text));
        for (int protocol = 0; protocol <= 5; ++protocol) {
            const QByteArray answer = m_oracle.repickled(written, protocol);
            QVERIFY2(answer.startsWith('='), answer + '\n' + written.toHex());
            QVERIFY2(m_reader.read(QByteArrayView(answer).sliced(1)), answer.toHex());
            const QVariant read = m_reader.toVariant();
            QVERIFY2(read.isValid(), qPrintable(m_reader.error().text));
            QByteArray rewritten;
            QVERIFY(writePickle(read, &rewritten, &error));
            // Bytes first, for nan is not equal to itself. Protocols 0 and 1 make objects in another way.
            if (rewritten == written || (protocol > 1 && read == value))
                continue;
            const QByteArray difference = protocol > 1 ? "another value" : m_oracle.difference(written, rewritten);
            QVERIFY2(!difference.isNull() && difference.isEmpty(),
                     QByteArray::number(protocol) + ": " + difference + '\n' + written.toHex() + '\n'
                         + rewritten.toHex());
        }
    }
}

void tst_PickleOracle::pathsPrintAsInPython_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QVariantList>("parts");

    const auto row = [](const QString &name, const QStringList &parts) {
        QTest::addRow("%s(%s)", qPrintable(name), qPrintable(parts.join(u' ')))
            << name << QVariantList(parts.begin(), parts.end());
    };
    for (const QString &name : {u"PurePosixPath"_s, u"PureWindowsPath"_s}) {
        row(name, {});
        row(name, {u""_s});
        row(name, {u"."_s});
        row(name, {u"a"_s, u"b"_s});
        row(name, {u"a//b/./c/.."_s, u"."_s, u"d/"_s});
        row(name, {u"/"_s, u"tmp"_s, u"x"_s}); // what Python 3.11 pickles
        row(name, {u"/tmp/x"_s});              // what Python 3.13 pickles
        row(name, {u"a"_s, u"/b"_s});
        row(name, {u"//a/b"_s, u"c"_s});
        row(name, {u"it's"_s});
        row(name, {u"C:"_s});
        row(name, {u"C:a"_s, u"b"_s});
        row(name, {u"C:\\"_s, u"a"_s, u"b"_s});
        row(name, {u"C:/a"_s, u"\\b"_s});
        row(name, {u"C:\\a"_s, u"D:b"_s});
        row(name, {u"\\\\server\\share"_s, u"a"_s});
        row(name, {u"\\\\server\\share\\a"_s, u"/b"_s});
    }
    row(u"PurePosixPath"_s, {u"///a"_s}); // which Python reads differently on Windows from one version to the next
}

void tst_PickleOracle::pathsPrintAsInPython()
{
    QFETCH(QString, name);
    QFETCH(QVariantList, parts);
    const PyventObject path = PyventObject::call(PyventObject(u"pathlib"_s, name), parts);
    QByteArray pickle;
    PickleError error;
    QVERIFY2(writePickle(QVariant::fromValue(path), &pickle, &error), qPrintable(error.text));
    const QString python = QString::fromUtf8(m_oracle.repr(pickle));
    QCOMPARE(path.toString(), u"pathlib."_s + python);

    // Python 3.13 names a module that no other version has.
    const QByteArray newer = QByteArray(pickle).replace("\x07pathlib", "\x0epathlib._local");
    QVERIFY(newer != pickle);
    PickleReader reader;
    QVERIFY2(reader.read(newer), qPrintable(reader.error().text));
    QCOMPARE(reader.toVariant(), QVariant::fromValue(path));
}

void tst_PickleOracle::mutate(QByteArray *pickle)
{
    for (int changes = 1 + m_random.bounded(4); changes > 0 && !pickle->isEmpty(); --changes) {
        const int at = m_random.bounded(int(pickle->size()));
        switch (m_random.bounded(5)) {
        case 0:
            (*pickle)[at] = char(m_random.bounded(256));
            break;
        case 1:
            pickle->remove(at, 1 + m_random.bounded(4));
            break;
        case 2:
            pickle->insert(at, QByteArray(1 + m_random.bounded(3), char(m_random.bounded(256))));
            break;
        case 3:
            (*pickle)[at] =
                "(.012FIJKLMNPQRSTUVXabcdeghijlopqrst}u]G)\x85\x86\x87\x81\x93\x94\x8f\x90\x91"[m_random.bounded(49)];
            break;
        default:
            pickle->insert(at, pickle->mid(m_random.bounded(int(pickle->size())), 1 + m_random.bounded(30)));
        }
    }
}

// A value or an error with a place; and a value that was read once can be written and read again.
void tst_PickleOracle::checkMutation(const QByteArray &pickle)
{
    if (!m_reader.read(pickle)) {
        QVERIFY2(m_reader.error().isError() && m_reader.error().offset >= 0, pickle.toHex());
        return;
    }
    QVERIFY(!m_reader.error().isError());
    const QVariant value = m_reader.toVariant();
    QVERIFY2(value.isValid() != m_reader.error().isError(), pickle.toHex());
    QVERIFY2(value.isValid() || m_reader.error().offset >= 0, pickle.toHex());
    if (!value.isValid())
        return;
    QByteArray once;
    PickleError error;
    if (!writePickle(value, &once, &error)) // nested a level or two deeper than it was
        return;
    QVERIFY2(m_reader.read(once), pickle.toHex());
    const QVariant again = m_reader.toVariant();
    if (!again.isValid()) // an object's parts count for more than what they were read from
        return;
    QByteArray twice;
    QVERIFY2(writePickle(again, &twice, &error), pickle.toHex());
    QVERIFY2(once == twice, pickle.toHex());
}

void tst_PickleOracle::mutations()
{
    for (const QByteArray &sample : std::as_const(m_samples)) {
        for (int i = 0; i < 100; ++i) {
            QByteArray pickle = sample;
            mutate(&pickle);
            checkMutation(pickle);
            if (QTest::currentTestFailed())
                return;
        }
    }
}

PYVENT_TEST(tst_PickleOracle)
#include "tst_pickleoracle.moc"
