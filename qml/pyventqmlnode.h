// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PYVENTQMLNODE_H
#define PYVENT_QML_PYVENTQMLNODE_H

#include "pyventqmlvalues.h"
#include "warnings.h"

#include <PyventNode>

#include <QtCore/qobject.h>
#include <QtCore/qpointer.h>
#include <QtQml/qjsvalue.h>
#include <QtQml/qqmllist.h>
#include <QtQml/qqmlparserstatus.h>
#include <QtQml/qqmlregistration.h>

#include <memory>
#include <vector>

namespace Pyvent::Qml {
class DeclaredSignal;
class NodeLink;
class PendingQuestion;
class PendingWait;
struct WaitRequest;
} // namespace Pyvent::Qml

/*!
    A place on the bus, in QML: one node, on the bus from componentComplete on. See README.md.
    \qml
    Pyvent {
        id: bus
        onEvent: (name, args) => console.log(name, args.food)
        signal orderFood(string food, string drink)   // hears order-food
        PyventSubscription { name: "food-burnt"; onReceived: args => alarm.play() }
    }
    \endqml
*/
class PyventQmlNode : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    Q_PROPERTY(bool active READ isActive WRITE setActive NOTIFY activeChanged FINAL)
    Q_PROPERTY(int port READ port WRITE setPort NOTIFY portChanged FINAL)
    Q_PROPERTY(QString address READ address WRITE setAddress NOTIFY addressChanged FINAL)
    Q_PROPERTY(QString nodeId READ nodeId WRITE setNodeId NOTIFY nodeIdChanged FINAL)
    Q_PROPERTY(bool server READ server WRITE setServer NOTIFY serverChanged FINAL)
    Q_PROPERTY(bool hearOwnEvents READ hearOwnEvents WRITE setHearOwnEvents NOTIFY hearOwnEventsChanged FINAL)
    Q_PROPERTY(QString keyFile READ keyFile WRITE setKeyFile NOTIFY keyFileChanged FINAL)
    Q_PROPERTY(QString serverKey READ serverKey WRITE setServerKey NOTIFY serverKeyChanged FINAL)
    Q_PROPERTY(QString allowFile READ allowFile WRITE setAllowFile NOTIFY allowFileChanged FINAL)
    Q_PROPERTY(bool openToNetwork READ isOpenToNetwork WRITE setOpenToNetwork NOTIFY openToNetworkChanged FINAL)
    Q_PROPERTY(int linger READ linger WRITE setLinger NOTIFY lingerChanged FINAL)
    Q_PROPERTY(QStringList names READ names WRITE setNames NOTIFY namesChanged FINAL)
    Q_PROPERTY(QJSValue will READ will WRITE setWill NOTIFY willChanged FINAL)
    Q_PROPERTY(State state READ state NOTIFY stateChanged FINAL)
    Q_PROPERTY(bool ready READ isReady NOTIFY readyChanged FINAL)
    Q_PROPERTY(bool serving READ isServing NOTIFY servingChanged FINAL)
    Q_PROPERTY(double sendQueue READ sendQueue NOTIFY sendQueueChanged FINAL)
    Q_PROPERTY(double unacknowledged READ unacknowledged NOTIFY unacknowledgedChanged FINAL)
    Q_PROPERTY(double unreadableFrames READ unreadableFrames NOTIFY unreadableFramesChanged FINAL)
    Q_PROPERTY(QQmlListProperty<QObject> data READ data DESIGNABLE false FINAL)
    Q_CLASSINFO("DefaultProperty", "data")
    QML_NAMED_ELEMENT(Pyvent)

public:
    /*! PyventNode::State. */
    enum State {
        Stopped = PyventNode::Stopped,
        Connecting = PyventNode::Connecting,
        Subscribing = PyventNode::Subscribing,
        Ready = PyventNode::Ready
    };
    Q_ENUM(State)

    /*! PyventError::Code. */
    enum ErrorCode {
        NoError = PyventError::NoError,
        InvalidName = PyventError::InvalidName,
        InvalidArgument = PyventError::InvalidArgument,
        InvalidHandler = PyventError::InvalidHandler,
        InvalidOption = PyventError::InvalidOption,
        ConfiguredTooLate = PyventError::ConfiguredTooLate,
        EventTooLarge = PyventError::EventTooLarge,
        QueueFull = PyventError::QueueFull,
        PortTaken = PyventError::PortTaken,
        CannotServe = PyventError::CannotServe,
        ServerNotResponding = PyventError::ServerNotResponding,
        UnreadableFrame = PyventError::UnreadableFrame,
        EventsNotDelivered = PyventError::EventsNotDelivered,
        UsedAfterFork = PyventError::UsedAfterFork,
        OutOfResources = PyventError::OutOfResources,
        NotAllowed = PyventError::NotAllowed,
        EventRefused = PyventError::EventRefused,
        ForwardingLoop = PyventError::ForwardingLoop,
        OriginForgotten = PyventError::OriginForgotten,
        NotSupported = PyventError::NotSupported
    };
    Q_ENUM(ErrorCode)

    /*! PyventNode::Reason. */
    enum Reason { Left = PyventNode::Left, Lost = PyventNode::Lost };
    Q_ENUM(Reason)

    explicit PyventQmlNode(QObject *parent = nullptr);
    ~PyventQmlNode() override;

    /*! Whether the element is on the bus, true by default. False leaves it, for which it may take up to linger. */
    bool isActive() const { return m_isActive; }
    void setActive(bool active);

    // Options: see PyventOptions. They may change as long as the element is not on the bus.
    int port() const { return m_options.port; }
    void setPort(int port);
    QString address() const { return m_options.address; }
    void setAddress(const QString &address);
    QString nodeId() const { return m_options.nodeId; }
    void setNodeId(const QString &id);
    bool server() const { return m_options.server; }
    void setServer(bool server);
    bool hearOwnEvents() const { return m_options.hearOwnEvents; }
    void setHearOwnEvents(bool hear);
    /*! See PyventSecurity. */
    QString keyFile() const { return m_options.security.keyFile; }
    void setKeyFile(const QString &path);
    QString serverKey() const { return m_options.security.serverKey; }
    void setServerKey(const QString &keyOrPath);
    QString allowFile() const { return m_options.security.allowFile; }
    void setAllowFile(const QString &path);
    bool isOpenToNetwork() const { return m_options.security.openToNetwork == PyventOpenToNetwork::Yes; }
    void setOpenToNetwork(bool open);
    /*! In milliseconds. */
    int linger() const { return int(m_options.linger.count()); }
    void setLinger(int milliseconds);

    /*! The names and globs that event() tells of, everything by default, nothing if empty. May change at any time. */
    QStringList names() const { return m_names; }
    void setNames(const QStringList &names);

    /*! The event that the server sends when this node is lost: an object with its name, and, if it has any, args and sender; null for none.
        See PyventNode::setWill(). May change at any time. */
    QJSValue will() const { return m_will; }
    void setWill(const QJSValue &will);

    State state() const { return m_state; }
    bool isReady() const { return m_state == Ready; }
    bool isServing() const { return m_isServing; }

    /*! As in PyventNode; 0 while the element is not on the bus. */
    double sendQueue() const { return m_node ? double(m_node->sendQueue()) : 0; }
    double unacknowledged() const { return m_node ? double(m_node->unacknowledged()) : 0; }
    double unreadableFrames() const { return m_node ? double(m_node->unreadableFrames()) : 0; }

    QQmlListProperty<QObject> data();

    /*!
        Sends the event \a name with the properties of the object \a args, as \a sender if that is given. Never waits.
        Returns false, with a warning, where the event was not taken.

        \a name, a string, must be given. Its type and default, here and below, let a call without it warn as other mistakes do,
        and not with QML's list of overloads.
    */
    Q_INVOKABLE bool send(const QJSValue &name = QJSValue(), const QJSValue &args = QJSValue(),
                          const QString &sender = QString());

    /*! Has the handlers of this element only hear the event, without the bus. */
    Q_INVOKABLE bool dispatch(const QJSValue &name = QJSValue(), const QJSValue &args = QJSValue(),
                              const QString &sender = QString());

    /*! How many of the unreadableFrames had which name, as the properties of an object: PyventNode::unreadableByName(). */
    Q_INVOKABLE QVariantMap unreadableByName() const;

    /*!
        The next event of the name \a name, without blocking: a promise of it, rejected after \a timeout milliseconds.
        If \a callback is a function, it is called instead, with the event or with null. An object as \a callback may
        have: sender, the sender that the event must have; send and args, an event to send first, as soon as the answer
        cannot be missed; callback.
    */
    Q_INVOKABLE QJSValue waitFor(const QJSValue &name = QJSValue(), const QJSValue &timeout = QJSValue(),
                                 const QJSValue &callback = QJSValue());

    /*!
        Asks whoever answers questions of the name \a name: a promise of the value, rejected with an Error whose message says why and
        whose kind is that of PyventAskError, "NobodyAnswers". \a args is an object. \a options may have: timeout, in milliseconds, 5,000 by
        default; sender.
    */
    Q_INVOKABLE QJSValue ask(const QJSValue &name = QJSValue(), const QJSValue &args = QJSValue(),
                             const QJSValue &options = QJSValue());

    /*! The same with the answers of all: a promise of an array of objects with value, error (null, or the text of a refusal), node and
        sender. */
    Q_INVOKABLE QJSValue askAll(const QJSValue &name = QJSValue(), const QJSValue &args = QJSValue(),
                                const QJSValue &options = QJSValue());

    // For elements that listen through this one.
    void addLink(Pyvent::Qml::NodeLink *link);
    void removeLink(Pyvent::Qml::NodeLink *link);

    // Waits end by themselves, and tell.
    void removeWait(Pyvent::Qml::PendingWait *wait);
    void removeQuestion(Pyvent::Qml::PendingQuestion *question);

    PyventNode *running() const { return m_node.get(); }
    void warn(const QString &text) { m_warnings.warn(text); }

    using QObject::event;

Q_SIGNALS:
    /*! An event of one of the names was heard, from any sender. */
    void event(const QString &name, const QVariantMap &args, const PyventQmlEvent &event);

    /*! Something went wrong: error.code is one of this element's enumerators. */
    void errorOccurred(const PyventQmlError &error);

    /*! A declared signal could not be emitted for the event \a name. */
    void handlerFailed(const QString &name, const QString &reason);

    /*! \a count events of the name \a name from the node \a nodeId were sent and will not arrive any more. */
    void eventsLost(const QString &name, const QString &nodeId, double count);

    /*! The server did not pass on \a count events of the name \a name that the node \a nodeId has sent; \a why is for people. */
    void eventsRefused(const QString &name, const QString &nodeId, double count, const QString &why);

    /*! Another node is on the bus, or is not any more, for a reason that is one of this element's. The element watches only while one of them is
        connected. */
    void nodeAppeared(const QVariantMap &node);
    void nodeVanished(const QVariantMap &node, PyventQmlNode::Reason reason);

    void activeChanged();
    void portChanged();
    void addressChanged();
    void nodeIdChanged();
    void serverChanged();
    void hearOwnEventsChanged();
    void keyFileChanged();
    void serverKeyChanged();
    void allowFileChanged();
    void openToNetworkChanged();
    void lingerChanged();
    void namesChanged();
    void willChanged();
    void stateChanged();
    void readyChanged();
    void servingChanged();
    void sendQueueChanged();
    void unacknowledgedChanged();
    void unreadableFramesChanged();

protected:
    void classBegin() override { }
    void componentComplete() override;
    void connectNotify(const QMetaMethod &signal) override;
    void disconnectNotify(const QMetaMethod &signal) override;

private:
    template <typename T>
    void setOption(const char *name, T PyventOptions::*option, const T &value, void (PyventQmlNode::*changed)());
    template <typename T>
    void setSecurity(const char *name, T PyventSecurity::*option, const T &value, void (PyventQmlNode::*changed)());
    void start();
    void stop(const QString &why);
    void updateState();
    void hearNames();
    void hearDeclaredSignals();
    static bool isOfOthers(const QMetaMethod &signal);
    void watchNodes();
    void giveWill();
    void callDeclared(const Pyvent::Qml::DeclaredSignal &signal, const PyventEvent &event);
    void tell(const PyventError &error);
    QJSValue ask(const QString &function, const QString &name, const QJSValue &args, const QJSValue &options);
    PyventError readQuestion(const QString &name, const QJSValue &args, const QJSValue &options, QVariantMap *arguments,
                             PyventAskOptions *asked) const;
    PyventError check(const QString &name, const QJSValue &args, const QString &sender, QVariantMap *arguments) const;
    bool read(const QString &function, const QString &name, const QJSValue &args, const QString &sender,
              QVariantMap *arguments);
    PyventError read(const QString &name, const QJSValue &timeout, const QJSValue &options,
                     Pyvent::Qml::WaitRequest *request) const;

    PyventOptions m_options;
    QStringList m_names{QStringLiteral("*")};
    QJSValue m_will;
    QList<QPointer<QObject>> m_data;
    Pyvent::Qml::Warnings m_warnings;
    bool m_isActive = true;
    bool m_isComplete = false;
    State m_state = Stopped;
    bool m_isServing = false;
    std::unique_ptr<PyventNode> m_node;      // while the element is on the bus
    std::unique_ptr<QObject> m_namesContext; // of the handlers for event()
    std::unique_ptr<QObject> m_nodesContext; // of those for nodeAppeared() and nodeVanished()
    std::vector<Pyvent::Qml::NodeLink *> m_links;
    std::vector<Pyvent::Qml::PendingWait *> m_waits;
    std::vector<Pyvent::Qml::PendingQuestion *> m_questions;
};

#endif
