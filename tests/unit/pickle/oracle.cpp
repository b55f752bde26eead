// SPDX-License-Identifier: MIT
#include "oracle.h"

#include <QtCore/qendian.h>

using namespace Qt::StringLiterals;

namespace {

QByteArray lengthOf(const QByteArray &message)
{
    QByteArray length(4, '\0');
    qToLittleEndian(quint32(message.size()), length.data());
    return length;
}

} // namespace

Oracle::~Oracle()
{
    m_process.closeWriteChannel(); // which it takes for the end
    m_process.waitForFinished();
}

bool Oracle::start(const char *script)
{
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"PYTHONHASHSEED"_s,
                       u"0"_s); // sets have an order, and a seed makes the same values again
    m_process.setProcessEnvironment(environment);
    // Another one, to see what another version does.
    const QString python = qEnvironmentVariable("PYVENT_ORACLE_PYTHON", QString::fromLatin1(PYTHON));
    m_process.start(python, {u"-B"_s, QString::fromLatin1(script)});
    return m_process.waitForStarted();
}

QList<QByteArray> Oracle::makePickles(quint32 seed, int index)
{
    const QByteArray answer = ask("g" + QByteArray::number(seed) + ' ' + QByteArray::number(index));
    QList<QByteArray> pickles;
    qsizetype at = 0;
    while (answer.size() - at >= 4) {
        const qsizetype size = qFromLittleEndian<quint32>(answer.constData() + at);
        pickles.append(answer.mid(at + 4, size));
        at += 4 + size;
    }
    return pickles;
}

QByteArray Oracle::difference(int number, const QByteArray &pickle)
{
    return ask("c" + QByteArray(1, char(number)) + pickle);
}

QByteArray Oracle::difference(const QByteArray &pickle, const QByteArray &other)
{
    return ask("d" + lengthOf(pickle) + pickle + other);
}

QByteArray Oracle::repickled(const QByteArray &pickle, int protocol)
{
    return ask("r" + QByteArray(1, char(protocol)) + pickle);
}

QByteArray Oracle::repr(const QByteArray &pickle)
{
    return ask("e" + pickle);
}

QByteArray Oracle::ask(const QByteArray &request)
{
    m_process.write(lengthOf(request) + request);
    while (m_process.bytesToWrite() > 0 && m_process.waitForBytesWritten()) { }
    const QByteArray length = read(4);
    return length.size() == 4 ? read(qFromLittleEndian<quint32>(length.constData())) : QByteArray();
}

QByteArray Oracle::read(qint64 size)
{
    while (m_process.bytesAvailable() < size && m_process.waitForReadyRead()) { }
    const QByteArray bytes = m_process.read(size);
    return bytes.size() < size ? QByteArray() : bytes.isNull() ? ""_ba : bytes;
}
