# SPDX-License-Identifier: MIT
import signal

import pyvent


@pyvent.connect('order-food')
def order(food, drink='water'):
    print(f'You ordered {food} and {drink}!', flush=True)


signal.pause()
