// SPDX-License-Identifier: MIT
#ifndef PYVENTVALUE_H
#define PYVENTVALUE_H

#include "pyventbinding.h"
#include "pyventnode.h"

#include <QtCore/qdatetime.h>
#include <QtCore/qfuture.h>
#include <QtCore/qproperty.h>

#include <chrono>
#include <memory>

class PyventValuePrivate;

/*!
    What a PyventValue of any type has. Its functions are to be called in the node's thread, in which it lives.
*/
class PYVENT_EXPORT PyventValueBase : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QString name READ name CONSTANT)
    Q_PROPERTY(bool known READ isKnown NOTIFY changed)
    Q_PROPERTY(QUuid origin READ origin NOTIFY changed)
    Q_PROPERTY(QString sender READ sender NOTIFY changed)
    Q_PROPERTY(QDateTime time READ time NOTIFY changed)
    Q_PROPERTY(bool stale READ isStale NOTIFY staleChanged BINDABLE bindableStale)

public:
    ~PyventValueBase() override;

    /*! The node that holds it; nullptr when that has ended. */
    PyventNode *node() const;

    /*! The value's name, which is that of the events that write it. */
    QString name() const;

    /*! Whether anybody has written it, as far as this node knows. Until then it has its initial value. PyventNode::waitForReady()
        does not wait for that: changed() tells of it. */
    bool isKnown() const;

    /*! What was written last, as it is, also where it does not convert to the type here. Invalid where nothing is known. */
    QVariant written() const;

    /*! The node that wrote it; null where that is not known, as of Python's nodes and of send(). */
    QUuid origin() const;

    /*! The sender of the write: "pyvent", "pyvent.{id}", or the one that Python's node gave. */
    QString sender() const;

    /*! When it was written, by the writer's clock, in UTC; invalid where nothing is known. */
    QDateTime time() const;

    /*! How long ago it was written. It counts from the moment in which this node heard the write; one that it heard of by joining the bus
        is as old as the two clocks say. Where nothing is known, it is the largest duration. */
    std::chrono::milliseconds age() const;

    /*! From which age on the value is stale; 0, as at first: never. */
    std::chrono::milliseconds staleAfter() const;
    void setStaleAfter(std::chrono::milliseconds age);

    /*! Whether it is older than staleAfter(), or not known at all where that is set. The property tells of it, which needs an event loop. */
    bool isStale() const { return m_stale.value(); }
    QBindable<bool> bindableStale() const { return QBindable<bool>(&m_stale); }

Q_SIGNALS:
    /*! It was written: here, or elsewhere. Of writes that come while this thread is busy, only the last one is told of. The value may be
        the same as before. */
    void changed();

    void staleChanged(bool stale);

    /*! \a value was written, which does not convert to the type here, as \a why says for people. The value stays as it was. The node's
        handlerFailed() tells of it as well. */
    void mistyped(const QVariant &value, const QString &why);

protected:
    PyventValueBase(PyventNode *node, QAnyStringView name, QObject *parent);

    //! From here on the bus is heard; and no more. The first is called at the end of the constructor, the other one in the destructor.
    void hold();
    void release();

    //! Takes what was written. Returns false, and says why, if it does not convert.
    virtual bool take(const QVariant &value, QString *why) = 0;

    //! Writes \a value. Returns false where it was refused.
    bool write(const QVariant &value);

    //! Has the server write \a value, if it has not heard of a later write than this node.
    QFuture<bool> writeIfUnchanged(const QVariant &value, std::chrono::milliseconds timeout);
    static QFuture<bool> no();

private:
    friend class PyventValuePrivate;
    Q_OBJECT_BINDABLE_PROPERTY_WITH_ARGS(PyventValueBase, bool, m_stale, false, &PyventValueBase::staleChanged)
    std::unique_ptr<PyventValuePrivate> d;
};

/*!
    A value that all programs on the bus share: the last write holds, everywhere the same one.

    \code
    PyventNode node;
    PyventValue<double> celsius(&node, "oven.temperature", 20.0);
    label->bindableText().setBinding([&] { return QString::number(celsius.value()); });
    celsius.setValue(180);
    \endcode

    A write is an event of this name with the argument \c value, so Python's nodes write it with
    \c {pyvent.send('oven.temperature', value=180)}, and hear each write as that event. T is a type that an event's argument may have, as
    for PyventNode::on(), and has an operator==.

    Of two writes the later one holds, by hybrid logical clocks: whoever writes after he has heard a write is later than that, however wrong
    the clocks of the machines are, by up to a year. Who comes late has the value as soon as it is Ready; and a value lasts as long as a
    program that holds it or a server of this module does, whether or not its writer does. The server keeps values of up to 60 KiB.

    The initial value is what value() has until a write is known. It is not written, so it never replaces what is on the bus.

    Where the server is a Python process, writes of Python's nodes have no place in that order of their own: each program that holds the value
    takes such a write for the one after what it has, and tells the others.

    Lives in its node's thread, and is to be used there; it may outlive the node, and then keeps its value.
*/
template <typename T>
class PyventValue : public PyventValueBase
{
    static_assert(sizeof(PyventBinding::Heard<T>) > 0 && sizeof(PyventBinding::Sent<T>) > 0);

public:
    /*! Holds the value \a name on the bus of \a node, which starts it. A name that is refused is told by the node's errorOccurred(). */
    explicit PyventValue(PyventNode *node, QAnyStringView name, const T &initial = T(), QObject *parent = nullptr)
        : PyventValueBase(node, name, parent)
        , m_told(initial)
        , m_cell{{}, this}
    {
        m_cell.property.setValueBypassingBindings(initial);
        hold();
    }
    ~PyventValue() override { release(); }

    /*! The last write that this node knows. Within a binding, that depends on it. */
    T value() const { return m_cell.property.value(); }

    /*!
        Writes \a value, also if it is the same as before, and ends a binding. It is value() at once. Returns false, and changes
        nothing, if it is refused, as by PyventNode::send(). While there is no server, the write waits.
    */
    bool setValue(const T &value)
    {
        m_cell.property.takeBinding();
        return write(pyvent::argument(value));
    }
    PyventValue &operator=(const T &value)
    {
        setValue(value);
        return *this;
    }

    /*!
        The value as a property: others bind to it, and it can be bound. Where it has a binding, each change of that is written; a write
        that comes from elsewhere is its value until then, and does not end the binding. So a slider and a value are bound both ways
        without a loop: the value to the slider, and the slider's position set by changed().
    */
    QBindable<T> bindableValue() { return QBindable<T>(&m_cell.property); }

    /*!
        Writes \a desired if the value is \a expected, and nobody else has written meanwhile: the server decides. The future is true if it was written,
        and false if the value was another one. Several that do the same at once have one true at most, as long as they are on the same server. If that
        ends, and another one takes over, one that was true there may have been replaced by what the other one did not know of.

        The future is canceled, and the node's errorOccurred() says why, if the server is Python's or older than this (PyventError::NotSupported), if it did
        not answer within \a timeout, if it ended before it has (then nobody knows whether it was written), or if it refuses the write. A value may
        have 60 KiB.
    */
    QFuture<bool> compareAndSet(const T &expected, const T &desired,
                                std::chrono::milliseconds timeout = std::chrono::seconds(5))
    {
        return m_cell.property.valueBypassingBindings() == expected
            ? writeIfUnchanged(pyvent::argument(desired), timeout)
            : no();
    }

protected:
    bool take(const QVariant &value, QString *why) override
    {
        static const QString key = QStringLiteral("value");
        PyventEvent event;
        event.name = name();
        event.args.insert(key, value);
        T read{};
        if (!PyventBinding::bindParameter(event, PyventParameter(key), &read, why))
            return false;
        if (m_cell.property.valueBypassingBindings() == read) {
            m_told = std::move(read);
            return true;
        }
        m_told = read;
        m_cell.property.setValueBypassingBindings(std::move(read));
        m_cell.property.notify();
        return true;
    }

private:
    //! Not by a write that was heard, but by a binding or through bindableValue().
    void valueHasChanged()
    {
        const T value = m_cell.property.valueBypassingBindings();
        if (value == m_told)
            return;
        m_told = value;
        write(pyvent::argument(value));
    }

    //! The property, which has to find its owner from its own place.
    struct Cell
    {
        void valueHasChanged() { owner->valueHasChanged(); }
        friend const QBindingStorage *qGetBindingStorage(const Cell *cell)
        {
            return std::as_const(*cell->owner).bindingStorage();
        }
        friend QBindingStorage *qGetBindingStorage(Cell *cell) { return cell->owner->bindingStorage(); }

        QObjectBindableProperty<Cell, T, std::size_t(0), &Cell::valueHasChanged> property;
        PyventValue *owner;
    };

    T m_told; // to the bus, or by it
    Cell m_cell;
};

#endif
