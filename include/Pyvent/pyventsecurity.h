// SPDX-License-Identifier: MIT
#ifndef PYVENTSECURITY_H
#define PYVENTSECURITY_H

#include "pyventglobal.h"
#include "pyventpayloadpolicy.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

#include <optional>

/*! Whether a server may be reached from other machines by anybody. See PyventSecurity::openToNetwork. */
enum class PyventOpenToNetwork {
    No, /*!< Who comes from another machine needs a key. Without keys, a server binds loopback addresses only. */
    Yes /*!< Whoever reaches the ports reads all events, and sends what he likes. The server logs a warning. */
};

/*!
    The keys by which nodes on other machines join a bus, by the secure door. See PyventOptions::security.

    Each machine, or each program, has a pair of keys, which "pyvent keygen NAME" makes: NAME.key, which stays secret, and NAME.pub. The server
    knows the public keys of those who may come in, and these know the server's:
    \code
    PyventOptions server{.address = "0.0.0.0", .security = {.keyFile = "server.key", .allowFile = "allowed"}};
    PyventOptions client{.address = "server.example", .server = false,
                         .security = {.keyFile = "kitchen.key", .serverKey = "server.pub"}};
    \endcode
    Nodes on the server's machine join without keys, as ever. Nodes that may serve in place of each other need the same key file.

    A file is named by a path that begins at the process's current folder, if not at the root.
*/
struct PyventSecurity
{
    /*! The file of this node's own secret key, a server's or a client's, which is this user's alone (mode 0600). Its
        folder is this user's or root's, and nobody else can write to that, unless it is sticky. It is read when the node begins to
        serve, and each time that it connects. */
    QString keyFile = {};

    /*! The server's public key, as 40 characters or as the path of its .pub file. A node that has it joins over TCP only whoever
        has the secret key to it, and needs a keyFile for that. */
    QString serverKey = {};

    /*! Who may come in from other machines to a server that is started here: a file with lines "name = public key", as .pub files have
        them, and comments that begin with '#'. It and its folder are this user's or root's, and nobody else can write to them, unless the
        folder is sticky. It is read again when it changes: whoever is not in it any more is hung up on. The server needs a keyFile for
        that. */
    QString allowFile = {};

    /*! Whether a server that is started here may be reached from other machines by anybody. Default: PyventOpenToNetwork::No. */
    PyventOpenToNetwork openToNetwork = PyventOpenToNetwork::No;

    /*! Who may send and hear which events on a bus that is served here, by user of this machine or by key: a file of rules, which is read
        again when it changes. src/security/RULES.md describes it, and "pyvent check-rules" looks at it. With no file, all may do
        everything. */
    QString rulesFile = {};

    /*! What a server that is started here passes on to Python's nodes. Default: what is harmless. */
    PyventPayloadPolicy payloads = {};

    /*! Makes a new pair of keys: \a path with ".key" and ".pub", under the name that \a path ends with. Returns why not, for people: there
        is such a file already, or it cannot be written; empty if they are made. May be called from any thread. */
    [[nodiscard]] PYVENT_EXPORT static QString makeKeys(const QString &path);

    /*! Reads a file with a secret, such as a password, under the conditions that keyFile has: \a path is this user's alone (mode 0600), in a
        folder that nobody else can write to. Returns nothing if it cannot be read, is not as private as that, or has more than 1 MiB; \a why
        then says why, for people, and what to do. May be called from any thread. */
    PYVENT_EXPORT static std::optional<QByteArray> readSecret(const QString &path, QString *why);

    friend bool operator==(const PyventSecurity &, const PyventSecurity &) = default;
};

#endif
