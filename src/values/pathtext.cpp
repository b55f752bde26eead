// SPDX-License-Identifier: MIT
#include "pathtext.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

void appendNames(QStringView text, QChar separator, QStringList *names)
{
    for (const QStringView name : text.split(separator, Qt::SkipEmptyParts)) {
        if (name != u".")
            names->append(name.toString());
    }
}

// A part of a path of Windows, with '\' between the names.
struct WindowsPart
{
    QString drive; // "C:" or "\\server\share"
    bool hasRoot = false;
    QString rest = {};
};

WindowsPart split(const QString &part)
{
    if (part.startsWith("\\\\"_L1)) {
        const qsizetype server = part.indexOf(u'\\', 2);
        const qsizetype share = server < 0 ? -1 : part.indexOf(u'\\', server + 1);
        // The root of what a server shares is there without being written.
        return share < 0 ? WindowsPart{part, server >= 0} : WindowsPart{part.first(share), true, part.sliced(share)};
    }
    const bool hasDrive = part.size() > 1 && part[1] == u':';
    const QString rest = part.sliced(hasDrive ? 2 : 0);
    return {hasDrive ? part.first(2) : QString(), rest.startsWith(u'\\'), rest};
}

} // namespace

QString posixPathText(const QStringList &parts)
{
    QString root;
    QStringList names;
    for (const QString &part : parts) {
        if (part.startsWith(u'/')) { // what comes before does not count
            root = part.startsWith("//"_L1) && !part.startsWith("///"_L1) ? u"//"_s : u"/"_s;
            names.clear();
        }
        appendNames(part, u'/', &names);
    }
    const QString text = root + names.join(u'/');
    return text.isEmpty() ? u"."_s : text;
}

QString windowsPathText(const QStringList &parts)
{
    WindowsPart path;
    QStringList names;
    for (QString text : parts) {
        const WindowsPart part = split(text.replace(u'/', u'\\'));
        const bool isOtherDrive = !part.drive.isEmpty() && part.drive.compare(path.drive, Qt::CaseInsensitive) != 0;
        if (part.hasRoot || isOtherDrive) { // what comes before does not count
            path.hasRoot = part.hasRoot;
            names.clear();
        }
        if (!part.drive.isEmpty())
            path.drive = part.drive;
        appendNames(part.rest, u'\\', &names);
    }
    const QString text = path.drive + (path.hasRoot ? u"\\"_s : QString()) + names.join(u'\\');
    return text.isEmpty() ? u"."_s : text;
}

} // namespace Pyvent::Internal
