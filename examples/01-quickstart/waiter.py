# SPDX-License-Identifier: MIT
import pyvent

pyvent.send('order-food', food='sushi', drink='sake')
