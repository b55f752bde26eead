// SPDX-License-Identifier: MIT
#include "transport/lanefolder.h"

#include "security/accessrule.h"
#include "security/users.h"

#include <QtCore/qdir.h>

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

bool isOwnFolder(const QByteArray &path)
{
    struct stat status = {};
    return ::lstat(path.constData(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
}

// As the XDG Base Directory Specification has it. A service or a script may lack the variable, and the folder is there all the same.
QByteArray privateFolder()
{
    const QByteArray user = QByteArray::number(::geteuid());
    for (const QByteArray &runtime : {qgetenv("XDG_RUNTIME_DIR"), "/run/user/" + user}) {
        if (runtime.startsWith('/') && isOwnFolder(runtime))
            return runtime + "/pyvent";
    }
    return QDir::tempPath().toLocal8Bit() + "/pyvent-" + user;
}

// Where every user finds it, whatever the environment says.
QByteArray sharedFolder(uid_t user)
{
    return "/tmp/pyvent-" + QByteArray::number(user) + "-shared";
}

} // namespace

QByteArray laneFolder(const PyventLocalAccess &access)
{
    return access.kind() == PyventLocalAccess::OwnUser ? privateFolder() : sharedFolder(::geteuid());
}

QByteArray lockFolder()
{
    return privateFolder();
}

QByteArrayList laneFolders(const PyventLocalAccess &access)
{
    QByteArrayList folders = {laneFolder(access)};
    const auto add = [&folders](const QByteArray &folder) {
        if (!folders.contains(folder))
            folders.append(folder);
    };
    // Servers of the own user's, which let others in or do not.
    add(privateFolder());
    add(sharedFolder(::geteuid()));
    add(sharedFolder(0));
    const AccessRule rule(access);
    for (const uid_t user : rule.named())
        add(sharedFolder(user));
    return folders;
}

QString prepareLaneFolder(const QByteArray &folder, bool forOthers)
{
    const QString name = QString::fromLocal8Bit(folder);
    const mode_t mode = forOthers ? 0711 : 0700;
    if (::mkdir(folder.constData(), mode) != 0 && errno != EEXIST)
        return u"the folder %1 cannot be made: %2"_s.arg(name, QString::fromLocal8Bit(::strerror(errno)));
    struct stat status = {};
    if (::lstat(folder.constData(), &status) != 0)
        return u"the folder %1 cannot be used: %2"_s.arg(name, QString::fromLocal8Bit(::strerror(errno)));
    if (!S_ISDIR(status.st_mode))
        return u"%1 is no folder: remove it"_s.arg(name);
    if (status.st_uid != ::geteuid())
        return u"the folder %1 belongs to the user %2"_s.arg(name, describeUser(status.st_uid));
    if ((status.st_mode & 0777) != mode && ::chmod(folder.constData(), mode) != 0) // whatever umask left of it
        return u"the folder %1 is open to others: %2"_s.arg(name, QString::fromLocal8Bit(::strerror(errno)));
    return {};
}

std::optional<sockaddr_un> laneAddress(const QByteArray &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= qsizetype(sizeof address.sun_path))
        return {};
    std::memcpy(address.sun_path, path.constData(), std::size_t(path.size()));
    return address;
}

} // namespace Pyvent::Internal
