// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLEENCODER_H
#define PYVENT_PICKLEENCODER_H

#include "argumentlist.h"
#include "picklelimits.h"
#include "pickleoutput.h"
#include "pyventobject.h"

#include <QtCore/qhash.h>
#include <QtCore/qvariant.h>

#include <array>
#include <utility>

class PyventArray;
class PyventDateTime;
class PyventInteger;
class PyventSet;
class PyventTime;
class PyventTimeDelta;

namespace Pyvent::Internal {

// Writes one pickle of protocol 4. What each C++ type becomes stands in picklewriter.h.
class PickleEncoder
{
public:
    PickleEncoder(QByteArray *out, const PickleLimits &limits);

    bool writeValue(const QVariant &value);
    bool writeArguments(const ArgumentList &arguments, const QString &sender);

    // What went wrong, with \a root ("argument", "value") before the place.
    PickleError error(const QString &root) const;

private:
    // Python's classes and functions that values here are made with.
    enum class Global {
        DateTime,
        Date,
        Time,
        TimeDelta,
        TimeZone,
        Uuid,
        NdArray,
        NumpyDtype,
        NumpyReconstruct,
        NumpyScalar,
        Count
    };
    // One level of containers within containers.
    class Nesting
    {
    public:
        explicit Nesting(PickleEncoder *encoder)
            : m_depth(encoder->m_depth)
            , m_isOk(++encoder->m_depth <= encoder->m_limits.depth || encoder->tooDeep())
        {
        }
        ~Nesting() { --m_depth; }
        Q_DISABLE_COPY_MOVE(Nesting)
        bool isOk() const { return m_isOk; }

    private:
        int &m_depth;
        const bool m_isOk;
    };

    bool begin();
    bool end(bool ok);
    bool fail(const QString &reason);
    bool tooLarge();
    bool tooDeep();
    bool unsendable(const QVariant &value);
    bool failedAt(qsizetype index);
    bool failedAt(const QString &key);

    bool write(const QVariant &value);
    bool writeNumber(const QVariant &value);
    bool writeQt(const QVariant &value);
    bool writeOther(const QVariant &value);
    bool writePyvent(const QVariant &value, bool *known);
    bool writeOp(Op op);
    bool writeInt(qint64 value);
    bool writeUInt(quint64 value);
    bool writeInteger(const PyventInteger &value);
    bool writeLong(const QByteArray &bytes);
    bool writeDouble(double value);
    bool writeText(QStringView text);
    bool writeLongText(QStringView text);
    bool writeLatin1(const char *text);
    bool writeBytes(QByteArrayView bytes);

    bool writeItems(const QVariantList &list);
    bool writeList(const QVariantList &list, Op open = Op::EmptyList, Op close = Op::Appends);
    bool writeTuple(const QVariantList &items);
    bool writeStringList(const QStringList &list);
    bool writeMap(const QVariantMap &map);
    bool writeHash(const QVariantHash &hash);
    bool writePairs(const QList<PyventDict::Pair> &pairs);
    bool writeEntry(const QString &key, const QVariant &value);
    bool writeGadget(const QVariant &value);
    bool writeParts(const QVariant &value);
    bool writeEnum(const QVariant &value);

    bool writeGlobal(Global global);
    bool writeGlobal(const QString &module, const QString &name);
    bool writeMemo(quint32 index);
    bool writeDate(QDate date);
    bool writeTime(const PyventTime &time);
    bool writeDateTime(const PyventDateTime &dateTime);
    bool writeTimeDelta(const PyventTimeDelta &delta);
    bool writeZone(const QVariant &zone);
    bool writeUuid(const QUuid &uuid);
    bool writeArray(const PyventArray &array);
    bool writeDtype(const QString &dtype);
    bool writeSet(const PyventSet &set);
    bool writeObject(const PyventObject &object);

    PickleOutput m_out;
    const PickleLimits m_limits;
    int m_depth = 0;
    QString m_reason;
    bool m_isTooLarge = false;
    QString m_place; // built from the inside out while the failure unwinds
    quint32 m_memoCount = 0;
    std::array<qint32, size_t(Global::Count)> m_globals; // memo index, or -1
    QHash<std::pair<QString, QString>, quint32> m_otherGlobals;
};

} // namespace Pyvent::Internal

#endif
