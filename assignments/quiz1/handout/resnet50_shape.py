"""A batch of 32 images through a ResNet-50."""

import torch
from torch import nn
from torchvision import models

model = models.resnet50(weights="IMAGENET1K_V2")
model.fc = nn.Linear(model.fc.in_features, 10)
images = torch.rand(32, 3, 224, 224)

print(tuple(model(images).shape))
