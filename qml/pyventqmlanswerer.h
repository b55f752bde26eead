// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PYVENTQMLANSWERER_H
#define PYVENT_QML_PYVENTQMLANSWERER_H

#include "nodelink.h"
#include "pyventqmlnode.h"

#include <QtCore/qpromise.h>
#include <QtQml/qjsvalue.h>
#include <QtQml/qqmlparserstatus.h>

namespace Pyvent::Qml {

// What the function reply() that an answerer has of a question stands on. It ends with the last reference of JavaScript's to that.
class Reply : public QObject
{
    Q_OBJECT
    Q_PROPERTY(bool canceled READ isCanceled CONSTANT)

public:
    explicit Reply(QJSEngine *engine, QString name);

    QFuture<PyventAnswer> future() const { return m_promise.future(); }
    bool isCanceled() const { return m_promise.isCanceled(); }

    // Each question is answered once. Both warn, by an exception in JavaScript, where it has been, or the value cannot be sent.
    Q_INVOKABLE void send(const QJSValue &value);
    Q_INVOKABLE void refuse(const QString &why);

    // The handler has thrown, which is the answer if it has given none before.
    void fail(const QString &why);

    // The function: reply(value), with reply.refuse(why) and reply.canceled.
    QJSValue toFunction();

private:
    void finish(const PyventAnswer &answer);

    QJSEngine *const m_engine;
    const QString m_name;
    QPromise<PyventAnswer> m_promise;
    bool m_isOver = false;
};

} // namespace Pyvent::Qml

/*!
    Answers questions of one name, or of a glob: as a child of a Pyvent element, or anywhere with its property node.
    \qml
    PyventAnswerer { name: "price-of"; onAsked: (args, reply) => reply(prices[args.dish] ?? 0) }
    \endqml
    All properties may change at any time.
*/
class PyventQmlAnswerer : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    Q_PROPERTY(PyventQmlNode *node READ node WRITE setNode NOTIFY nodeChanged FINAL)
    Q_PROPERTY(QString name READ name WRITE setName NOTIFY nameChanged FINAL)
    Q_PROPERTY(QString sender READ sender WRITE setSender NOTIFY senderChanged FINAL)
    Q_PROPERTY(bool enabled READ isEnabled WRITE setEnabled NOTIFY enabledChanged FINAL)
    QML_NAMED_ELEMENT(PyventAnswerer)

public:
    explicit PyventQmlAnswerer(QObject *parent = nullptr);

    /*! The element on whose bus it answers; by default the Pyvent element that it stands in. */
    PyventQmlNode *node() const { return m_link.node(); }
    void setNode(PyventQmlNode *node) { m_link.setNode(node); }

    /*! The name or glob. While it is empty, nothing is answered. */
    QString name() const { return m_link.pattern(); }
    void setName(const QString &name);

    /*! The sender that questions must have, "pyvent" by default; empty for any. */
    QString sender() const { return m_link.sender(); }
    void setSender(const QString &sender);

    /*! Whether it answers, true by default. */
    bool isEnabled() const { return m_link.isEnabled(); }
    void setEnabled(bool enabled);

Q_SIGNALS:
    /*! A question was asked, with the keyword arguments \a args. reply(value) answers it, or reply.refuse("why"), now or later, once.
        reply.canceled says whether nobody waits for that any more. What the handler throws is an error for whoever asks, with its text. */
    void asked(const QVariantMap &args, const QJSValue &reply, const PyventQmlEvent &event);

    void nodeChanged();
    void nameChanged();
    void senderChanged();
    void enabledChanged();

protected:
    void classBegin() override { }
    void componentComplete() override { m_link.complete(); }

private:
    QFuture<PyventAnswer> answer(const PyventEvent &event);

    Pyvent::Qml::NodeLink m_link;
};

#endif
