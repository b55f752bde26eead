// SPDX-License-Identifier: MIT
#ifndef PYVENTNODEINFO_H
#define PYVENTNODEINFO_H

#include "pyventglobal.h"

#include <QtCore/qmetatype.h>
#include <QtCore/qstringlist.h>
#include <QtCore/quuid.h>
#include <QtCore/qvariant.h>

/*!
    A node's description of itself. See PyventNode::findNodes().

    The node's process claims all of it, and nothing checks it.
*/
struct PYVENT_EXPORT PyventNodeInfo
{
    Q_GADGET
    Q_PROPERTY(QUuid uuid MEMBER uuid)
    Q_PROPERTY(QString nodeId MEMBER nodeId)
    Q_PROPERTY(QString program MEMBER program)
    Q_PROPERTY(QString host MEMBER host)
    Q_PROPERTY(qint64 pid MEMBER pid)
    Q_PROPERTY(bool serving MEMBER serving)
    Q_PROPERTY(QStringList names MEMBER names)
    Q_PROPERTY(QString way MEMBER way)
    Q_PROPERTY(QString key MEMBER key)
    Q_PROPERTY(QVariantMap about MEMBER about)
    Q_PROPERTY(bool forwarder MEMBER forwarder)

public:
    QUuid uuid;           /*!< The node, as in PyventEvent::nodeId. */
    QString nodeId;       /*!< PyventOptions::nodeId; often empty. */
    QString program;      /*!< The file name of its program. */
    QString host;         /*!< The name of its machine. */
    qint64 pid = 0;       /*!< Its process id there. */
    bool serving = false; /*!< Whether it serves the bus. */
    QStringList names;    /*!< The names and globs that it listens to, or some of them if there are very many. */
    QString way;          /*!< How it reaches the server: "lane" (a Unix socket) or "tcp"; empty if it does not say. */
    QString key; /*!< The name of the key by which it came in at the secure door, as the server has it; else empty. */

    QVariantMap about; /*!< What its program says beside that: PyventNode::setAbout(). */

    /*! It has said this by PyventNode::announceForwarder(). A server of this module lets only nodes say so that may forward events of other nodes. */
    bool forwarder = false;

    friend bool operator==(const PyventNodeInfo &, const PyventNodeInfo &) = default;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventNodeInfo &info);

Q_DECLARE_METATYPE(PyventNodeInfo)

#endif
