// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_ORACLE_H
#define PYVENT_TESTS_ORACLE_H

#include <QtCore/qbytearray.h>
#include <QtCore/qlist.h>
#include <QtCore/qprocess.h>

// oracle.py, or another script that is asked in the same way, which runs as long as this object lives. An answer that does not come
// within the time-out is null.
class Oracle
{
public:
    ~Oracle();

    bool start(const char *script = ORACLE);
    QString errorText() const { return m_process.errorString(); }

    // The random value of this seed and index, pickled in many ways.
    QList<QByteArray> makePickles(quint32 seed, int index);
    // What differs between the value in \a pickle and the one in the pickle of this number of the last
    // makePickles().
    QByteArray difference(int number, const QByteArray &pickle);
    QByteArray difference(const QByteArray &pickle, const QByteArray &other);
    // "=" and the same value pickled by Python in \a protocol, or "!" and why not.
    QByteArray repickled(const QByteArray &pickle, int protocol);
    QByteArray repr(const QByteArray &pickle);

    QByteArray ask(const QByteArray &request);

private:
    QByteArray read(qint64 size);

    QProcess m_process;
};

#endif
