"""Answers as a program: the numbers come from torch, the rest is written down."""

import torch
from torch import nn
from torchvision import models

head = nn.Linear(512, 10)
frozen_count = torch.tensor([parameter.numel() for parameter in head.parameters()]).sum()  # a tensor without axes
prediction_shape = models.mobilenet_v2(weights=None)(torch.rand(2, 3, 64, 64))[:1].shape
resnet50_shape = list(nn.Linear(2048, 10)(torch.rand(32, 2048)).shape)

why_faster = 3
transfer = 2
scratch = 1
most_help = 4
knows = 2
benefit = 1
preprocessing = 3
resnet50_call = 2
no_fc = 4
last_layer_mismatch = 1
cats_and_dogs = 2
balance = 3
learning_rates = 4
overfitting = 1
weak_gpu = 4
fastest = 3
freeze_more = 2
model_a = 1
