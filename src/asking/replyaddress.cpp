// SPDX-License-Identifier: MIT
#include "asking/replyaddress.h"

#include "dispatch/name.h"

#include <QtCore/qrandom.h>

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// "reply." and so many characters, in which there are 128 random bits.
constexpr auto beginning = "reply."_L1;
constexpr qsizetype uniqueSize = 22;
constexpr qsizetype prefixSize = beginning.size() + uniqueSize;

bool isUnique(QStringView text)
{
    return std::all_of(text.begin(), text.end(), [](QChar c) {
        return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') || c == u'-'
            || c == u'_';
    });
}

} // namespace

QString ReplyAddress::newPrefix()
{
    quint32 random[4];
    QRandomGenerator::system()->fillRange(random);
    const QByteArray bytes(reinterpret_cast<const char *>(random), sizeof random);
    return beginning
        + QString::fromLatin1(bytes.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals));
}

std::optional<ReplyAddress> ReplyAddress::of(const PyventEvent &event)
{
    const auto argument = event.args.constFind(replyToArgument);
    if (argument == event.args.cend() || argument->metaType() != QMetaType::fromType<QString>())
        return {};
    const QString text = argument->toString();
    const bool isOfModule = !event.nodeId.isNull() && text.size() > prefixSize + 1 && text.startsWith(beginning)
        && text[prefixSize] == u'.' && isUnique(QStringView(text).sliced(beginning.size(), uniqueSize));
    if (isOfModule) {
        bool isNumber = false;
        const quint64 number = QStringView(text).sliced(prefixSize + 1).toULongLong(&isNumber);
        if (isNumber)
            return ReplyAddress{text.first(prefixSize), number, event.nodeId};
    }
    if (!whyNotAName(text).isEmpty())
        return {};
    return ReplyAddress{text, {}, event.nodeId};
}

} // namespace Pyvent::Internal
