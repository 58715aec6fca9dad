"""How many parameters are trained once the backbone is frozen and its last layer is new."""

from torch import nn
from torchvision import models

model = models.resnet18(weights="IMAGENET1K_V1")
for parameter in model.parameters():
    parameter.requires_grad = False
model.fc = nn.Linear(model.fc.in_features, 10)

print(sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad))
