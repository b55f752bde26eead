// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "values/qtvalues.h"

#include <QtCore/qbitarray.h>
#include <QtCore/qdatastream.h>
#include <QtCore/qeasingcurve.h>
#include <QtCore/qline.h>
#include <QtCore/qlocale.h>
#include <QtCore/qrect.h>
#include <QtCore/qregularexpression.h>
#include <QtCore/qurl.h>
#ifdef QT_GUI_LIB
#    include <QtGui/qcolor.h>
#    include <QtGui/qfont.h>
#    include <QtGui/qimage.h>
#    include <QtGui/qkeysequence.h>
#    include <QtGui/qmatrix4x4.h>
#    include <QtGui/qquaternion.h>
#    include <QtGui/qtransform.h>
#    include <QtGui/qvector3d.h>
#endif
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

class tst_QtValues : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void thereAndBack_data();
    void thereAndBack();
    void form();
    void staysMap_data();
    void staysMap();
#ifdef QT_GUI_LIB
    void notRestored_data();
    void notRestored();
#endif
};

namespace {

template <typename T>
QVariant wrap(const T &value)
{
    return QVariant::fromValue(value);
}

// What a receiver has of it: the value, or the map where it makes none of that.
QVariant restored(const QVariantMap &map)
{
    QVariant value;
    return restoreQtValue(map, &value) ? value : map;
}

} // namespace

void tst_QtValues::thereAndBack_data()
{
    QTest::addColumn<QVariant>("value");
    const auto row = [](const auto &value) {
        const QVariant variant = wrap(value);
        QTest::addRow("%s", variant.metaType().name()) << variant;
    };
    row(QPoint(1, -2));
    row(QPointF(1.5, -0.0));
    row(QSize(3, 4));
    row(QSizeF(3.5, 4));
    row(QRect(1, 2, 3, 4));
    row(QRectF(1, 2, 3.5, 4));
    row(QLine(1, 2, 3, 4));
    row(QLineF(1, 2, 3, 4.5));
    row(QUrl(u"https://example.org/a?b=ä#c"_s));
    row(QLocale(QLocale::German, QLocale::Austria));
    row(QRegularExpression(u"a+\\d"_s, QRegularExpression::CaseInsensitiveOption));
    QBitArray bits(11);
    bits.setBit(10);
    row(bits);
    QEasingCurve curve(QEasingCurve::OutElastic);
    curve.setAmplitude(2.5);
    row(curve);
#ifdef QT_GUI_LIB
    row(QColor(255, 136, 0, 7));
    row(QKeySequence(Qt::CTRL | Qt::Key_S, Qt::Key_A));
    row(QVector3D(1, 2, 3));
    row(QQuaternion(1, 2, 3, 4));
    row(QTransform(1, 2, 3, 4, 5, 6));
    QMatrix4x4 matrix;
    matrix.rotate(30, 1, 0, 0);
    row(matrix);
#endif
}

void tst_QtValues::thereAndBack()
{
    QFETCH(QVariant, value);
    QVERIFY(isQtValue(value.metaType()));
    const QVariant read = restored(describeQtValue(value));
    QCOMPARE(read.metaType(), value.metaType());
    QCOMPARE(read, value);
}

// What a Python program sees.
void tst_QtValues::form()
{
    const QVariantMap map = describeQtValue(QUrl(u"a:b"_s));
    QCOMPARE(map.keys(), (QStringList{u"$qt"_s, u"data"_s, u"text"_s}));
    QCOMPARE(map[u"$qt"_s], QVariant(u"QUrl"_s));
    QCOMPARE(map[u"text"_s], QVariant(u"a:b"_s));
}

void tst_QtValues::staysMap_data()
{
    QTest::addColumn<QVariantMap>("map");
    const auto row = [](const char *name, const QVariant &type, const QVariant &data) {
        QTest::newRow(name) << QVariantMap{{u"$qt"_s, type}, {u"text"_s, u""_s}, {u"data"_s, data}};
    };
    const QByteArray zeros(1000, '\0');
    row("not enough data", u"QPoint"_s, zeros.first(7));
    row("too much data", u"QPoint"_s, zeros.first(9));
    row("data that is text", u"QPoint"_s, u"12345678"_s);
    row("type that is a number", 5LL, zeros.first(8));
    row("unknown type", u"NoSuchType"_s, zeros.first(8));
    row("QVariant", u"QVariant"_s, zeros.first(8));
    row("pointer", u"QObject*"_s, zeros.first(8));
    row("list", u"QVariantList"_s, QByteArray("\x7f\xff\xff\xff", 4));
    row("string", u"QString"_s, QByteArray("\x7f\xff\xff\xff", 4));
    row("URL of a lying length", u"QUrl"_s,
        QByteArray("\x7f\xff\xff\xff"
                   "abcd",
                   8));
    row("bits of a lying length", u"QBitArray"_s,
        QByteArray("\0\0\0\0\0\0\0\xff"
                   "abcd",
                   12));
    row("bits of a length that overflows", u"QBitArray"_s, QByteArray(8, '\xff'));
    row("bits of no length", u"QBitArray"_s, QByteArray(4, '\0'));
    row("regular expression of a lying length", u"QRegularExpression"_s,
        QByteArray("\x7f\xff\xff\xff"
                   "abcd",
                   8));
    row("key sequence of a lying length", u"QKeySequence"_s,
        QByteArray("\x7f\xff\xff\xff"
                   "abcd",
                   8));
    row("easing curve of another type", u"QEasingCurve"_s, "\x7f"_ba + zeros.first(24));
    row("easing curve with a function", u"QEasingCurve"_s, QByteArray("\x2f", 1) + zeros.first(24));
    row("font", u"QFont"_s, zeros.first(50));
    row("image", u"QImage"_s, zeros.first(4));
    row("pixmap", u"QPixmap"_s, zeros.first(4));
    row("colour of no kind", u"QColor"_s, "\x7f"_ba + zeros.first(10));
    QTest::newRow("one more key") << QVariantMap{
        {u"$qt"_s, u"QPoint"_s}, {u"text"_s, u""_s}, {u"data"_s, zeros.first(8)}, {u"x"_s, 1LL}};
    QTest::newRow("without text") << QVariantMap{{u"$qt"_s, u"QPoint"_s}, {u"data"_s, zeros.first(8)}, {u"x"_s, 1LL}};
}

void tst_QtValues::staysMap()
{
    QFETCH(QVariantMap, map);
    QCOMPARE(restored(map), QVariant(map));
}

#ifdef QT_GUI_LIB
void tst_QtValues::notRestored_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::newRow("font") << wrap(QFont(u"Sans"_s, 12));
    QImage image(2, 2, QImage::Format_ARGB32);
    image.fill(Qt::red);
    QTest::newRow("image") << wrap(image);
}

// Sent, so that Python programs have them, but what reads them trusts the lengths that it finds.
void tst_QtValues::notRestored()
{
    QFETCH(QVariant, value);
    const QVariantMap map = describeQtValue(value);
    QCOMPARE(restored(map), QVariant(map));
    QCOMPARE(map.value(u"$qt"_s).toString(), QString::fromLatin1(value.metaType().name()));
    QVERIFY(!map.value(u"data"_s).toByteArray().isEmpty());
}
#endif

PYVENT_TEST(tst_QtValues)
#include "tst_qtvalues.moc"
