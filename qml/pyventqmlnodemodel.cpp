// SPDX-License-Identifier: MIT
#include "pyventqmlnodemodel.h"

#include "valuetoqml.h"

using namespace Pyvent::Qml;
using namespace Qt::StringLiterals;

PyventQmlNodeModel::PyventQmlNodeModel(QObject *parent)
    : QIdentityProxyModel(parent)
    , m_model()
    , m_link(this, QString(), QString())
{
    connect(&m_link, &NodeLink::nodeChanged, this, &PyventQmlNodeModel::nodeChanged);
    connect(&m_link, &NodeLink::runningChanged, &m_model, &PyventNodeModel::setNode);
    connect(&m_model, &PyventNodeModel::countChanged, this, &PyventQmlNodeModel::countChanged);
    setSourceModel(&m_model);
}

void PyventQmlNodeModel::componentComplete()
{
    m_link.complete();
}

QVariant PyventQmlNodeModel::get(const QJSValue &index)
{
    if (!index.isNumber())
        m_link.warn(u"get() returns null: the row, a number, is missing"_s);
    const int row = index.isNumber() ? index.toInt() : -1;
    if (row < 0 || row >= count())
        return QVariant::fromValue(nullptr);
    QVariantMap node = nodeToQml(m_model.info(row));
    node.insert(u"since"_s, m_model.index(row).data(PyventNodeModel::SinceRole));
    return node;
}

QVariant PyventQmlNodeModel::data(const QModelIndex &index, int role) const
{
    const QVariant value = QIdentityProxyModel::data(index, role);
    return role == PyventNodeModel::AboutRole ? QVariant(valuesToQml(value.toMap())) : value;
}
