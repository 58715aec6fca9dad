"""How many parameters are trained?"""

from torch import nn
from torchvision import models

model = models.resnet18(weights="IMAGENET1K_V1")
for parameter in model.parameters():
    parameter.requires_grad = False
model.fc = nn.Linear(model.fc.in_features, 10)

trained = [p for p in model.parameters() if p.requires_grad]
print(sum(parameter.numel() for parameter in trained))
