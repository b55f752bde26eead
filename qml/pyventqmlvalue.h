// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PYVENTQMLVALUE_H
#define PYVENT_QML_PYVENTQMLVALUE_H

#include "nodelink.h"
#include "pyventqmlnode.h"

#include <PyventValue>

#include <QtCore/qdatetime.h>
#include <QtQml/qqmlparserstatus.h>

#include <memory>

/*!
    A value that all programs on the bus share, as PyventValue has it: as a child of a Pyvent element, or anywhere with its property node.
    \qml
    PyventValue { id: celsius; node: bus; name: "oven.temperature"; value: 20 }
    Slider { value: celsius.value; onMoved: celsius.value = value }
    \endqml
    What 'value' has when the element is complete is only its initial value; each assignment and each change of a binding after that writes.
    All properties may change at any time.
*/
class PyventQmlValue : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    Q_PROPERTY(PyventQmlNode *node READ node WRITE setNode NOTIFY nodeChanged FINAL)
    Q_PROPERTY(QString name READ name WRITE setName NOTIFY nameChanged FINAL)
    Q_PROPERTY(QVariant value READ value WRITE setValue NOTIFY valueChanged FINAL)
    Q_PROPERTY(bool known READ isKnown NOTIFY changed FINAL)
    Q_PROPERTY(QString origin READ origin NOTIFY changed FINAL)
    Q_PROPERTY(QString sender READ sender NOTIFY changed FINAL)
    Q_PROPERTY(QDateTime time READ time NOTIFY changed FINAL)
    Q_PROPERTY(double age READ age NOTIFY changed FINAL)
    Q_PROPERTY(double staleAfter READ staleAfter WRITE setStaleAfter NOTIFY staleAfterChanged FINAL)
    Q_PROPERTY(bool stale READ isStale NOTIFY staleChanged FINAL)
    QML_NAMED_ELEMENT(PyventValue)

public:
    explicit PyventQmlValue(QObject *parent = nullptr);
    ~PyventQmlValue() override;

    /*! The element on whose bus it is; by default the Pyvent element that it stands in. */
    PyventQmlNode *node() const { return m_link.node(); }
    void setNode(PyventQmlNode *node) { m_link.setNode(node); }

    /*! The value's name. While it is empty, there is none. */
    QString name() const { return m_name; }
    void setName(const QString &name);

    /*! The last write that is known, or the initial value. To read it writes nothing. */
    QVariant value() const { return m_value; }
    void setValue(const QVariant &value);

    /*! As the functions of PyventValueBase; the ages are in seconds, and Infinity where nothing is known. To read 'age' is to look at the
        time: its signal tells only of writes. */
    bool isKnown() const;
    QString origin() const;
    QString sender() const;
    QDateTime time() const;
    double age() const;
    double staleAfter() const { return m_staleAfter; }
    void setStaleAfter(double seconds);
    bool isStale() const;

    /*! Writes \a desired if the value is \a expected and nobody else has written meanwhile, and calls \a callback with true or false; with
        undefined where the server did not decide. The element's node tells why: Pyvent.error(). */
    Q_INVOKABLE void compareAndSet(const QJSValue &expected, const QJSValue &desired, const QJSValue &callback);

Q_SIGNALS:
    /*! It was written: here or elsewhere. */
    void changed();

    void valueChanged();
    void nodeChanged();
    void nameChanged();
    void staleAfterChanged();
    void staleChanged();

protected:
    void classBegin() override { }
    void componentComplete() override;

private:
    void hold(PyventNode *node);
    void update();
    bool read(const QJSValue &value, QVariant *result);
    bool write(const QVariant &value);

    Pyvent::Qml::NodeLink m_link;
    QString m_name;
    QVariant m_value;   // as QML has it
    QVariant m_pending; // written before there was a node
    bool m_isPending = false;
    bool m_isComplete = false;
    double m_staleAfter = 0;
    bool m_wasStale = false;
    QPointer<PyventNode> m_running;
    std::unique_ptr<PyventValue<QVariant>> m_held;
};

#endif
