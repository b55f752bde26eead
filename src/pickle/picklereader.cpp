// SPDX-License-Identifier: MIT
#include "picklereader.h"

#include "flatarguments.h"
#include "picklebuilder.h"
#include "pickleparser.h"
#include "values/converters.h"

namespace Pyvent::Internal {

class PickleReaderPrivate
{
public:
    explicit PickleReaderPrivate(const PickleLimits &pickleLimits)
        : limits(pickleLimits)
        , parser(arena, limits)
        , builder(arena, limits)
    {
    }

    const PickleLimits limits;
    PickleArena arena;
    PickleParser parser;
    PickleBuilder builder;
    QByteArrayView pickle;
    Node root;
    PickleError error;
    bool hasPlainArguments = false;
    qsizetype expandedSize = 0;
};

PickleReader::PickleReader(const PickleLimits &limits)
    : d(std::make_unique<PickleReaderPrivate>(limits))
{
    registerConverters();
}

PickleReader::~PickleReader() = default;

bool PickleReader::read(QByteArrayView pickle)
{
    d->pickle = pickle;
    d->expandedSize = 0;
    d->root = d->parser.parse(pickle);
    if (Q_UNLIKELY(d->error.isError() || d->parser.error().isError()))
        d->error = d->parser.error();
    return d->root.tag != Node::Empty;
}

bool PickleReader::readArguments(QByteArrayView pickle, QVariantMap *arguments, QVariant *sender)
{
    d->hasPlainArguments =
        readFlatArguments(pickle, d->limits, &d->builder.texts(), arguments, sender, &d->expandedSize);
    if (d->hasPlainArguments) {
        d->root = {};
        if (Q_UNLIKELY(d->error.isError()))
            d->error = {};
        return true;
    }
    return read(pickle) && toArguments(arguments, sender);
}

bool PickleReader::hasPlainArguments() const
{
    return d->hasPlainArguments;
}

qsizetype PickleReader::consumed() const
{
    return d->parser.consumed();
}

qsizetype PickleReader::expandedSize() const
{
    return d->expandedSize;
}

const PickleError &PickleReader::error() const
{
    return d->error;
}

bool PickleReader::isDict() const
{
    return d->root.tag == Node::Dict;
}

QVariant PickleReader::toVariant()
{
    if (d->root.tag == Node::Empty)
        return {};
    d->builder.reset(d->pickle);
    QVariant value;
    const bool ok = d->builder.build(d->root, &value);
    d->error = d->builder.error();
    d->expandedSize = d->builder.expandedSize();
    d->builder.forgetShared();
    return ok ? value : QVariant();
}

bool PickleReader::toArguments(QVariantMap *arguments, QVariant *sender)
{
    if (d->root.tag == Node::Empty)
        return false;
    d->builder.reset(d->pickle);
    const bool ok = d->builder.buildArguments(d->root, arguments, sender);
    d->expandedSize = d->builder.expandedSize();
    d->builder.forgetShared();
    if (Q_UNLIKELY(!ok || d->error.isError()))
        d->error = d->builder.error();
    return ok;
}

} // namespace Pyvent::Internal
