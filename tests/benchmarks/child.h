// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_CHILD_H
#define PYVENT_BENCHMARKS_CHILD_H

#include "role.h"

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qprocess.h>

#include <optional>
#include <stdexcept>

namespace Pyvent::Benchmarks {

// Why a measurement came to nothing.
class Failure : public std::runtime_error
{
public:
    explicit Failure(const QString &why)
        : std::runtime_error(why.toStdString())
    {
    }
};

// This program in one role, as a process that ends with this object.
class Child
{
public:
    // Throws Failure if it does not start.
    Child(const QString &role, const RoleOptions &options, std::chrono::seconds timeout);
    ~Child();
    Q_DISABLE_COPY_MOVE(Child)

    // The numbers of the line that begins with \a word. Throws Failure if the child says that it failed, ends
    // without the line, or lets \a deadline pass.
    QList<qint64> waitFor(const QByteArray &word, const QDeadlineTimer &deadline);

    // Throws Failure if the child said so, or ended with another exit code than 0.
    void checkFailure();

private:
    QString m_role;
    QProcess m_process;
    QByteArrayList m_lines; // read and not asked for
};

} // namespace Pyvent::Benchmarks

#endif
